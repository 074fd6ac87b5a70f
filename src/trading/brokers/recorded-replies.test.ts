import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock, money, systemTimer } from '../../domain/index.ts';
import { makeIntent } from '../plan-trade.ts';
import { UNFILTERED } from '../symbol-filters.ts';
import { BinanceLoopback, KEY, SECRET } from './binance-loopback.contract.ts';
import { CcxtBroker } from './ccxt-broker.ts';

const samples = resolve('../shared/data/api/binance');
const START = 1_499_827_319_000;

/** What Binance has answered, or documents that it answers. */
const REPLIES: Readonly<Record<string, string>> = {
  'GET time': 'http/server_time_response.json',
  'GET exchangeInfo': 'recorded/http_spot_market_exchange_info.json',
  'GET klines': 'recorded/http_spot_market_klines.json',
  'GET account': 'http/account_response.json',
  'POST order': 'http/new_order_full_response.json',
  'GET order': 'http/order_response.json',
  'DELETE order': 'http/cancel_order_response.json',
  'GET openOrders': 'http/open_orders_response.json',
  'GET allOrders': 'http/all_orders_response.json',
  'GET myTrades': 'http/account_trades_response.json',
};

describe.skipIf(!existsSync(samples))("Binance's own replies through ccxt (skipped without ../shared/data)", () => {
  let server: BinanceLoopback;
  let broker: CcxtBroker;
  beforeEach(async () => {
    const clock = new ManualClock(START);
    server = new BinanceLoopback(clock, '0');
    server.fault = (route) => {
      const file = REPLIES[route];
      return file === undefined ? undefined : { status: 200, body: readFileSync(resolve(samples, file), 'utf8') };
    };
    const baseUrl = await server.listen();
    const keys = { apiKey: KEY, secret: SECRET, baseAsset: 'BTC' };
    broker = await CcxtBroker.open({ ...keys, baseUrl, clock, timer: systemTimer, requestTimeoutMs: 2_000, weightPauseMs: 0 });
    server.requests.length = 0;
  });
  afterEach(() => server.close());

  const reference = (symbol: string, venueOrderId: string | null = null) => ({
    clientOrderId: 'myOrder1',
    symbol,
    venueOrderId,
    plannedAtMs: START,
  });

  it('set the clock and the rules', async () => {
    expect(broker.venueAheadMs).toBe(559);
    const { status, filters } = await broker.market('BTCUSDT');
    expect(status).toBe('trading');
    expect(filters.quantityStep.toFixed()).toBe('0.00001');
    expect(filters.priceTick.toFixed()).toBe('0.01');
    expect(filters.minNotionalUsd.toFixed()).toBe('10');
    expect([filters.priceBandLow, filters.sellBandHigh].map(String)).toEqual(['0.2', '5']);
    expect(filters.marketMaxQuantity.gt(0) && filters.marketMaxQuantity.lt(filters.maxQuantity)).toBe(true);
  });

  it('book a market order with every execution and its fee', async () => {
    const intent = makeIntent({
      decisionId: 'd',
      leg: 'exit',
      attempt: 1,
      symbol: 'BTCUSDT',
      mode: 'sandbox',
      side: 'sell',
      quantity: money('10'),
      priceUsd: money(4000),
      filters: UNFILTERED,
      nowMs: START,
      validUntilMs: START + 1,
      reason: 'test',
      modelId: null,
    });
    const result = await broker.submit(intent, START + 1);
    expect(result).toMatchObject({ outcome: 'accepted', report: { venueOrderId: '28', state: 'FILLED', side: 'sell' } });
    if (result.outcome !== 'accepted') return;
    const { fills, executedQuantity } = result.report;
    const sum = (of: (fill: (typeof fills)[number]) => string) => fills.reduce((total, fill) => total.plus(of(fill)), money(0));
    expect(executedQuantity.toFixed()).toBe('10');
    expect(sum((fill) => fill.quantity).toFixed()).toBe('10');
    expect(fills.length).toBe(5);
    expect(fills[0]).toMatchObject({ tradeId: '56', priceUsd: '4000.00000000', feeAsset: 'USDT', feeUsd: '4' });
    expect(fills.every(({ executedAtMs }) => executedAtMs === 1_507_725_176_595 - 559)).toBe(true);
  });

  it('find, list and cancel an order under its id, with what is left of it', async () => {
    expect(await broker.lookup(reference('LTCBTC'))).toMatchObject({
      outcome: 'found',
      report: { clientOrderId: 'myOrder1', venueOrderId: '1', state: 'ACCEPTED', limitPriceUsd: '0.1', fills: [] },
    });
    expect(await broker.openOrders('LTCBTC')).toMatchObject([{ clientOrderId: 'myOrder1', side: 'buy' }]);
    const cancelled = await broker.cancel(reference('LTCBTC'));
    expect(cancelled).toMatchObject({ outcome: 'done', report: { clientOrderId: 'myOrder1', state: 'CANCELLED' } });
  });

  it('name the account, its money and its executions', async () => {
    expect(await broker.accountId()).toBe('354937868');
    const btc = (await broker.balances()).get('BTC');
    expect([btc?.free, btc?.locked].map(String)).toEqual(['4723846.89208129', '0']);
    expect(await broker.recentFills('BNBBTC', 1_499_865_549_000 - 559)).toEqual([
      {
        tradeId: '28457',
        venueOrderId: '100234',
        side: 'buy',
        quantity: '12.00000000',
        priceUsd: '4.00000100',
        executedAtMs: 1_499_865_549_590 - 559,
      },
    ]);
  });

  it('price a fee by the first minute that is told', async () => {
    const fee = { asset: 'BNB', amount: '2', executedAtMs: START };
    expect(money((await broker.feeValueUsd(fee)) ?? 0).toFixed(2)).toBe('121438.54');
  });
});
