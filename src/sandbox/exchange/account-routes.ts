import { money, type TimeMs } from '../../domain/index.ts';
import type { SandboxRequest } from '../servers/http-host.ts';
import { accountShape, orderListReport, orderListShape, orderShape, placedShape, tradeShape } from './binance-shapes.ts';
import { type Exchange, Refusal, type Side } from './exchange.ts';
import type { OcoRequest } from './order-lists.ts';

const SYMBOL = 'ETHUSDT';

/** Answers a request to one path, with the parameters of its query and body. @throws Refusal */
export type Route = (parameters: URLSearchParams, request: SandboxRequest) => unknown;

/** The signed calls of the one account. */
export function accountRoutes(exchange: Exchange, now: () => TimeMs): Readonly<Record<string, Route>> {
  const order = (parameters: URLSearchParams) => {
    const orderId = parameters.get('orderId');
    const clientOrderId = parameters.get('origClientOrderId');
    return exchange.find(
      orderId !== null ? { orderId: Number(orderId) } : clientOrderId !== null ? { clientOrderId } : { clientOrderId: '' },
    );
  };
  const list = (parameters: URLSearchParams, idName: string) => {
    const orderListId = parameters.get('orderListId');
    return exchange.lists.find(
      orderListId === null ? { listClientOrderId: parameters.get(idName) ?? '' } : { orderListId: Number(orderListId) },
    );
  };
  return {
    'GET /api/v3/account': () => accountShape(exchange, now()),
    'POST /api/v3/order': (parameters, { faults }) => {
      if (parameters.get('symbol') !== SYMBOL) throw new Refusal(-1121, 'Invalid symbol.');
      if (faults.has('reject')) throw new Refusal(-2010, 'Order was rejected by the simulated exchange.');
      const type = parameters.get('type');
      const isKnown = /^(MARKET|LIMIT|LIMIT_MAKER|(STOP_LOSS|TAKE_PROFIT)(_LIMIT)?)$/.test(type ?? '');
      if (!isKnown) throw new Refusal(-1116, 'Invalid orderType.');
      const placed = exchange.place(
        {
          clientOrderId: parameters.get('newClientOrderId') ?? `sandbox${exchange.orders.length}`,
          side: parameters.get('side') as Side,
          type: type as 'MARKET',
          timeInForce: (parameters.get('timeInForce') ?? 'GTC') as 'GTC',
          quantity: decimal(parameters, 'quantity'),
          quoteQuantity: decimal(parameters, 'quoteOrderQty'),
          price: decimal(parameters, 'price'),
          stopPrice: decimal(parameters, 'stopPrice'),
          inPieces: faults.has('partial-fill'),
        },
        now(),
      );
      return placedShape(exchange, placed);
    },
    'GET /api/v3/order': (parameters) => {
      const found = order(parameters);
      if (!found) throw new Refusal(-2013, 'Order does not exist.');
      return orderShape(found);
    },
    'DELETE /api/v3/order': (parameters) => orderShape(exchange.cancel(order(parameters), now())),
    'POST /api/v3/orderList/oco': (parameters, { faults }) =>
      orderListReport(exchange.placeOco(ocoOf(parameters, faults), now())),
    'GET /api/v3/orderList': (parameters) => {
      const found = list(parameters, 'origClientOrderId');
      if (!found) throw new Refusal(-2013, 'Order list does not exist.');
      return orderListShape(found);
    },
    'DELETE /api/v3/orderList': (parameters) => {
      const found = list(parameters, 'listClientOrderId');
      return orderListReport(exchange.cancelList(found, now()), `sandbox-cancel${exchange.orders.length}`);
    },
    'GET /api/v3/openOrderList': () => exchange.lists.all.filter(({ status }) => status === 'EXECUTING').map(orderListShape),
    'GET /api/v3/openOrders': () => exchange.openOrders().map(orderShape),
    'DELETE /api/v3/openOrders': () => {
      const open = exchange.openOrders();
      if (open.length === 0) throw new Refusal(-2011, 'Unknown order sent.');
      return open.map((one) => orderShape(exchange.cancel(one, now())));
    },
    'GET /api/v3/allOrders': (parameters) => {
      const from = Number(parameters.get('startTime') ?? 0);
      return exchange.orders
        .filter(({ timeMs }) => timeMs >= from)
        .slice(-Number(parameters.get('limit') ?? 500))
        .map(orderShape);
    },
    'GET /api/v3/myTrades': (parameters) => {
      const wanted = parameters.get('orderId');
      const from = Number(parameters.get('startTime') ?? 0);
      return exchange.fills
        .filter(({ orderId, timeMs }) => (wanted === null || orderId === Number(wanted)) && timeMs >= from)
        .map(tradeShape);
    },
    'GET /sapi/v1/account/apiRestrictions': () => ({
      ipRestrict: false,
      createTime: 0,
      enableReading: true,
      enableWithdrawals: false,
      enableInternalTransfer: false,
      enableMargin: false,
      enableFutures: false,
      permitsUniversalTransfer: false,
      enableVanillaOptions: false,
      enableSpotAndMarginTrading: true,
    }),
  };
}

const decimal = (parameters: URLSearchParams, name: string) =>
  parameters.has(name) ? money(parameters.get(name) ?? '') : undefined;

/** Only pairs that protect what is held: a limit above the price and a stop below it. @throws Refusal */
function ocoOf(parameters: URLSearchParams, faults: SandboxRequest['faults']): OcoRequest {
  if (parameters.get('symbol') !== SYMBOL) throw new Refusal(-1121, 'Invalid symbol.');
  if (faults.has('reject')) throw new Refusal(-2010, 'Order was rejected by the simulated exchange.');
  const isKnown = parameters.get('aboveType') === 'LIMIT_MAKER' && parameters.get('belowType') === 'STOP_LOSS';
  if (!isKnown) throw new Refusal(-1116, 'Invalid orderType.');
  if (parameters.get('side') !== 'SELL') throw new Refusal(-1117, 'Invalid side.');
  const quantity = decimal(parameters, 'quantity');
  const price = decimal(parameters, 'abovePrice');
  const stopPrice = decimal(parameters, 'belowStopPrice');
  if (!quantity || !price || !stopPrice) throw new Refusal(-1102, 'A mandatory parameter was not sent.');
  const id = (name: string) => parameters.get(name) ?? `sandbox-${name}-${parameters.get('timestamp')}`;
  return {
    listClientOrderId: id('listClientOrderId'),
    side: 'SELL',
    quantity,
    above: { clientOrderId: id('aboveClientOrderId'), type: 'LIMIT_MAKER', price, stopPrice: undefined },
    below: { clientOrderId: id('belowClientOrderId'), type: 'STOP_LOSS', price: undefined, stopPrice },
    inPieces: faults.has('partial-fill'),
  };
}
