import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock, systemTimer } from '../../domain/index.ts';
import { orderAt } from '../engine-desk.contract.ts';
import { MemoryJournal } from '../journal/memory-journal.ts';
import { TradingEngine } from '../trading-engine.ts';
import { BinanceLoopback, KEY, SECRET } from './binance-loopback.contract.ts';
import {
  parseBalances,
  parseFirstClose,
  parseOrder,
  parseOrders,
  parseServerTime,
  parseSymbolRules,
  parseTrades,
} from './binance-replies.ts';
import { describeBroker } from './broker.contract.ts';
import { CcxtBroker, type CcxtBrokerOptions } from './ccxt-broker.ts';
import { VENUE_CAPABILITIES } from './venues.ts';

const START = 1_700_000_000_000;

async function startVenue(more: Partial<CcxtBrokerOptions> = {}) {
  const clock = new ManualClock(START);
  const server = new BinanceLoopback(clock, '10000');
  const baseUrl = await server.listen();
  const open = () =>
    CcxtBroker.open({
      apiKey: KEY,
      secret: SECRET,
      baseUrl,
      clock,
      timer: systemTimer,
      requestTimeoutMs: 2_000,
      weightPauseMs: 0,
      ...more,
    });
  return { clock, server, open };
}

describe('CcxtBroker', () => {
  describeBroker(async () => {
    const { clock, server, open } = await startVenue();
    return {
      connect: open,
      clock,
      capitalUsd: '10000',
      priceUsd: '2000',
      dispose: () => server.close(),
      letOrdersRest: () => {
        server.venue.sending = 'rest';
      },
    };
  });
});

describe('CcxtBroker on Binance', () => {
  let venue: Awaited<ReturnType<typeof startVenue>>;
  let engine: TradingEngine;
  beforeEach(async () => {
    venue = await startVenue();
    engine = await TradingEngine.open({
      journal: new MemoryJournal(),
      clock: venue.clock,
      connect: venue.open,
      gate: () => [],
      capitalUsd: '10000',
    });
  });
  afterEach(async () => {
    await engine.close();
    await venue.server.close();
  });

  const buy = orderAt(START, 60_000);

  it('has the capabilities of its record, and a window after which nothing arrives any more', async () => {
    const { capabilities } = engine.broker;
    expect(capabilities).toEqual({ ...VENUE_CAPABILITIES.binance, acceptanceWindowMs: 6_000 });
    expect(capabilities).toEqual({
      orderTypes: ['market', 'limit'],
      setsClientOrderId: true,
      looksUpByClientOrderId: true,
      clientOrderIdLength: 36,
      placesStops: false,
      placesOco: true,
      hasTestnet: true,
      hasPrivateStream: false,
      acceptanceWindowMs: 6_000,
    });
  });

  it('reads the rules of the symbol', async () => {
    const { filters, status } = await engine.broker.market('ETHUSDT');
    expect(status).toBe('trading');
    const text = Object.fromEntries(Object.entries(filters).map(([name, value]) => [name, value.toFixed()]));
    expect(text).toEqual({
      quantityStep: '0.0001',
      minQuantity: '0.0001',
      maxQuantity: '9000',
      marketMinQuantity: '0',
      marketMaxQuantity: '3000',
      priceTick: '0.01',
      minNotionalUsd: '5',
      priceBandLow: '0.2',
      priceBandHigh: '5',
      sellBandLow: '0.2',
      sellBandHigh: '5',
    });
    await expect(engine.broker.market('NOPEUSDT')).rejects.toMatchObject({ code: 'exchange.symbol_not_trading' });
  });

  it('tells when the market is halted', async () => {
    venue.server.status = 'HALT';
    expect((await engine.broker.market('ETHUSDT')).status).toBe('halted');
  });

  it('tells a refusal by the rules of the symbol from others', async () => {
    const small = { ...buy, clientOrderId: `${buy.clientOrderId.slice(0, 30)}small0`, decisionId: 's', quantity: '0.00001' };
    expect(await engine.execute([small])).toMatchObject([{ state: 'REJECTED' }]);
    expect(engine.ledger.order(small.clientOrderId)).toMatchObject({ brokeFilter: true, isTransient: false });
    const dear = { ...buy, clientOrderId: `${buy.clientOrderId.slice(0, 30)}dear00`, decisionId: 't', quantity: '500' };
    expect(await engine.execute([dear])).toMatchObject([{ state: 'REJECTED' }]);
    expect(engine.ledger.order(dear.clientOrderId).brokeFilter).toBe(false);
  });

  it.each([
    ['a cut connection', undefined, 'UNKNOWN'],
    ['HTTP 500', { status: 500, body: '{}', carried: true }, 'UNKNOWN'],
    ['HTTP 502 with a page', { status: 502, body: '<html>bad gateway</html>', carried: true }, 'UNKNOWN'],
    ['a reply that is cut off', { status: 200, body: '{"orderId": 1, "cl', carried: true }, 'UNKNOWN'],
    ['a reply without the needed fields', { status: 200, body: '{"orderId": 1}', carried: true }, 'UNKNOWN'],
    ...[
      [500, -1],
      [500, -1010],
      [500, -2010],
      [502, -9000],
      [503, -1003],
      [511, -2015],
    ].map(
      ([status, code]) =>
        [
          `HTTP ${status} with code ${code}`,
          { status: status!, body: JSON.stringify({ code, msg: 'x' }), carried: true },
          'UNKNOWN',
        ] as const,
    ),
    [
      '"execution status unknown"',
      {
        status: 400,
        body: '{"code":-1007,"msg":"Timeout waiting for response from backend server. Send status unknown; execution status unknown."}',
        carried: true,
      },
      'UNKNOWN',
    ],
    [
      'an internal error',
      {
        status: 400,
        body: '{"code":-1001,"msg":"Internal error; unable to process your request. Please try again."}',
        carried: true,
      },
      'UNKNOWN',
    ],
    [
      'a refusal',
      { status: 400, body: '{"code":-2010,"msg":"This symbol is not permitted for this account."}', carried: false },
      'REJECTED',
    ],
    [
      'insufficient balance',
      { status: 400, body: '{"code":-2010,"msg":"Account has insufficient balance for requested action."}', carried: false },
      'REJECTED',
    ],
    [
      'an invalid key',
      { status: 401, body: '{"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."}', carried: false },
      'REJECTED',
    ],
    ['too many requests', { status: 429, body: '{"code":-1003,"msg":"Too many requests."}', carried: false }, 'REJECTED'],
    [
      'overload, which never accepts',
      { status: 503, body: '{"code":-1008,"msg":"Server is currently overloaded with other requests."}', carried: false },
      'REJECTED',
    ],
    ['a ban', { status: 418, body: '', carried: false }, 'REJECTED'],
  ] as const)('takes %s for what it is', async (_name, fault, state) => {
    const { server } = venue;
    if (fault === undefined) server.venue.sending = 'taken-timeout';
    server.orderFault = fault;
    expect(await engine.execute([buy])).toMatchObject([{ state }]);
    server.orderFault = undefined;
    await engine.refresh();
    const truth = server.venue.orders[0]?.executed.toFixed() ?? '0';
    expect(engine.ledger.order(buy.clientOrderId).filledQuantity.toFixed()).toBe(truth);
    expect(server.requests.filter((route) => route === 'POST order')).toHaveLength(1);
    expect(engine.ledger.order(buy.clientOrderId).isTransient).toBe(
      state === 'REJECTED' && [429, 418, 503].includes(fault?.status ?? 0),
    );
  });

  it('proves that an order never arrived only after its window, in all lists', async () => {
    const { server, clock } = venue;
    server.venue.sending = 'lost';
    await engine.execute([buy]);
    expect(await engine.refresh()).toMatchObject([{ state: 'UNKNOWN' }]);
    clock.moveTo(engine.waitingForMs() ?? 0);
    server.requests.length = 0;
    expect(await engine.refresh()).toMatchObject([{ state: 'NOT_FOUND' }]);
    const once = ['GET time', 'GET order', 'GET openOrders', 'GET allOrders', 'GET myTrades'];
    expect(server.requests).toEqual([...once, ...once]);
  });

  it('signs with the time of the exchange', async () => {
    await engine.close();
    await venue.server.close();
    venue = await startVenue();
    venue.server.skewMs = -90_000;
    engine = await TradingEngine.open({
      journal: new MemoryJournal(),
      clock: venue.clock,
      connect: venue.open,
      gate: () => [],
      capitalUsd: '10000',
    });
    const [bought] = await engine.execute([buy]);
    expect(bought?.state).toBe('FILLED');
    expect(engine.ledger.openTrade?.entryTimeMs).toBe(START);
    venue.server.skewMs = 90_000;
    const second = { ...buy, clientOrderId: `${buy.clientOrderId.slice(0, 30)}second`, decisionId: 'e' };
    expect(await engine.execute([second])).toMatchObject([{ state: 'REJECTED' }]);
    expect(engine.ledger.order(second.clientOrderId).isTransient).toBe(true);
    const third = { ...buy, clientOrderId: `${buy.clientOrderId.slice(0, 30)}third0`, decisionId: 'f' };
    expect(await engine.execute([third])).toMatchObject([{ state: 'FILLED' }]);
  });

  it('tells whether the key may withdraw', async () => {
    const broker = await venue.open();
    expect(await broker.withdrawalPermission()).toBe('no');
    venue.server.mayWithdraw = true;
    expect(await broker.withdrawalPermission()).toBe('yes');
    venue.server.venue.isDown = true;
    expect(await broker.withdrawalPermission()).toBe('unknown');
  });

  it('refuses a wrong secret with a hint, and does not show it', async () => {
    const wrong = await startVenue({ secret: 'another-secret' });
    const broker = await wrong.open();
    const error: unknown = await broker.balances().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'exchange.request_failed', hint: expect.stringContaining('key') });
    expect(JSON.stringify([error, String(error)])).not.toContain('another-secret');
    await wrong.server.close();
  });
});

const samples = resolve('../shared/data/api/binance');
describe.skipIf(!existsSync(samples))('Binance replies as documented and recorded (skipped without ../shared/data)', () => {
  const read = (path: string): unknown => JSON.parse(readFileSync(resolve(samples, path), 'utf8'));

  it('are read', () => {
    expect(parseOrder(read('http/new_order_full_response.json'))).toMatchObject({
      state: 'FILLED',
      side: 'sell',
      quantity: '10.00000000',
      executions: expect.arrayContaining([expect.objectContaining({ tradeId: '56', feeAsset: 'USDT' })]),
    });
    expect(parseOrder(read('http/order_response.json'))).toMatchObject({ clientOrderId: 'myOrder1', state: 'ACCEPTED' });
    expect(parseOrder(read('http/cancel_order_response.json'))).toMatchObject({ clientOrderId: 'myOrder1', state: 'CANCELLED' });
    expect(parseOrders(read('http/open_orders_response.json'))).toHaveLength(1);
    expect(parseOrders(read('http/all_orders_response.json'))).toHaveLength(1);
    expect(parseTrades(read('http/account_trades_response.json'), '100234')).toMatchObject([
      { tradeId: '28457', feeAmount: '10.10000000', feeAsset: 'BNB' },
    ]);
    expect(parseBalances(read('http/account_response.json')).get('BTC')?.free.toFixed()).toBe('4723846.89208129');
    expect(parseServerTime(read('recorded/http_spot_market_time.json'))).toBeGreaterThan(1.6e12);
    expect(Number(parseFirstClose(read('recorded/http_spot_market_klines.json')))).toBeGreaterThan(0);
    expect(parseSymbolRules(read('recorded/http_spot_market_exchange_info.json'), 'BTCUSDT')?.filters.quantityStep.gt(0)).toBe(
      true,
    );
  });
});
