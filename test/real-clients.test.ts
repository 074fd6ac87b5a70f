import ccxt from 'ccxt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import YahooFinance from 'yahoo-finance2';
import { DAY_MS, HOUR_MS } from '../src/domain/index.ts';
import { SANDBOX_API_KEY, SANDBOX_API_SECRET, type Sandbox, startSandbox } from '../src/sandbox/index.ts';

const startMs = Date.UTC(2024, 0, 1);
let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ seed: 3, startMs, edge: 0, speed: 0 });
});
afterAll(() => sandbox.close());

describe('yahoo-finance2 against the sandbox', () => {
  it('reads hourly candles, and its own validation finds nothing wrong', async () => {
    const client = new YahooFinance({
      versionCheck: false,
      suppressNotices: ['yahooSurvey'],
      fetch: (input, init) => {
        const asked = new URL(input instanceof Request ? input.url : input);
        return fetch(sandbox.urls.yahoo + asked.pathname + asked.search, init);
      },
    });
    const { meta, quotes } = await client.chart('ETH-USD', {
      interval: '1h',
      period1: new Date(startMs - 2 * DAY_MS),
      period2: new Date(startMs - DAY_MS),
    });
    expect(meta).toMatchObject({ symbol: 'ETH-USD', currency: 'USD' });
    expect(quotes).toHaveLength(24);
    expect(quotes.map(({ date }) => date.getTime() % HOUR_MS)).toEqual(quotes.map(() => 0));
  });
});

describe('ccxt against the sandbox', () => {
  const connect = () => {
    const exchange = new ccxt.binance({
      apiKey: SANDBOX_API_KEY,
      secret: SANDBOX_API_SECRET,
      enableRateLimit: false,
      options: {
        fetchMarkets: { types: ['spot'] },
        fetchCurrencies: false,
        fetchMargins: false,
        warnOnFetchOpenOrdersWithoutSymbol: false,
      },
    });
    exchange.milliseconds = () => sandbox.clock.nowMs();
    const toSandbox = (value: unknown): unknown =>
      typeof value === 'string'
        ? value.replace(/^https?:\/\/[^/]+/, sandbox.urls.binance)
        : value !== null && typeof value === 'object'
          ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, toSandbox(inner)]))
          : value;
    exchange.urls = toSandbox(exchange.urls) as typeof exchange.urls;
    return exchange;
  };

  it('loads the market with its filters, candles and the book', async () => {
    const exchange = connect();
    const markets = await exchange.loadMarkets();
    expect(markets['ETH/USDT']).toMatchObject({ precision: { amount: 0.0001, price: 0.01 }, limits: { cost: { min: 5 } } });
    const candles = await exchange.fetchOHLCV('ETH/USDT', '1h', startMs - DAY_MS, 24);
    expect(candles).toHaveLength(24);
    expect(candles[0]![0]).toBe(startMs - DAY_MS);
    const book = await exchange.fetchOrderBook('ETH/USDT', 5);
    expect(book.asks[0]![0]).toBeGreaterThan(book.bids[0]![0]!);
    expect((await exchange.fetchTicker('ETH/USDT')).last).toBeGreaterThan(0);
  });

  it('trades: a limit order rests and is cancelled, a market order fills, balances and trades say so', async () => {
    const exchange = connect();
    await exchange.loadMarkets();
    const rests = await exchange.createOrder('ETH/USDT', 'limit', 'buy', 0.5, 1_000, { newClientOrderId: 'rests' });
    expect((await exchange.fetchOpenOrders('ETH/USDT')).map(({ clientOrderId }) => clientOrderId)).toEqual(['rests']);
    await exchange.cancelOrder(String(rests.id), 'ETH/USDT');
    const bought = await exchange.createOrder('ETH/USDT', 'market', 'buy', 0.5, undefined, { newClientOrderId: 'bought' });
    expect(bought).toMatchObject({ status: 'closed', filled: 0.5 });
    expect(await exchange.fetchOrder(String(bought.id), 'ETH/USDT')).toMatchObject({ clientOrderId: 'bought', status: 'closed' });
    expect((await exchange.fetchOrders('ETH/USDT')).map(({ status }) => status)).toEqual(['canceled', 'closed']);
    const [trade] = await exchange.fetchMyTrades('ETH/USDT');
    expect(trade).toMatchObject({ order: String(bought.id), amount: 0.5, fee: { currency: 'ETH', cost: 0.0005 } });
    expect((await exchange.fetchBalance()).ETH).toMatchObject({ free: 0.4995 });
  });

  it('gets the errors of its own kind', async () => {
    const exchange = connect();
    await exchange.loadMarkets();
    await expect(exchange.createOrder('ETH/USDT', 'market', 'buy', 1_000)).rejects.toThrow(ccxt.InsufficientFunds);
    await expect(exchange.fetchOrder('999999', 'ETH/USDT')).rejects.toThrow(ccxt.OrderNotFound);
    exchange.secret = 'wrong';
    await expect(exchange.fetchBalance()).rejects.toThrow(ccxt.AuthenticationError);
  });
});
