// An exchange on loopback that speaks as much of Binance's REST as an order at the market takes; it fills at once and says when.
import { createServer } from 'node:http';

const RULES = {
  symbol: 'ETHUSDT',
  status: 'TRADING',
  filters: [
    { filterType: 'PRICE_FILTER', tickSize: '0.01' },
    { filterType: 'LOT_SIZE', minQty: '0.0001', maxQty: '9000', stepSize: '0.0001' },
    { filterType: 'NOTIONAL', minNotional: '5' },
  ],
};

function orderReply(query, orderId, price) {
  const quantity = query.get('quantity');
  const [amount, fee] = [Number(quantity), (Number(quantity) * Number(price) * 0.001).toFixed(8)];
  return {
    symbol: 'ETHUSDT',
    orderId,
    clientOrderId: query.get('newClientOrderId'),
    transactTime: Date.now(),
    price: '0',
    origQty: quantity,
    executedQty: quantity,
    cummulativeQuoteQty: (amount * Number(price)).toFixed(8),
    status: 'FILLED',
    side: query.get('side'),
    fills: [{ price, qty: quantity, commission: fee, commissionAsset: 'USDT', tradeId: orderId }],
  };
}

/** @param onOrder told when the last byte of an order has come. @returns its address, and what ends it */
export async function loopbackExchange(price, onOrder) {
  let orders = 0;
  const routes = {
    'GET /api/v3/time': () => ({ serverTime: Date.now() }),
    'GET /sapi/v1/system/status': () => ({ status: 0, msg: 'normal' }),
    'GET /api/v3/exchangeInfo': () => ({ symbols: [RULES] }),
    'POST /api/v3/order': (query) => {
      if (query.get('signature')?.length !== 64) throw new Error('an order was not signed');
      onOrder();
      orders += 1;
      return orderReply(query, orders, price);
    },
  };
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, 'http://localhost');
    const body = Buffer.concat(await request.toArray()).toString();
    const reply = routes[`${request.method} ${url.pathname}`];
    response.writeHead(reply ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(reply ? reply(new URLSearchParams(body || url.search)) : {}));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    baseUrl: `http://127.0.0.1:${server.address().port}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
