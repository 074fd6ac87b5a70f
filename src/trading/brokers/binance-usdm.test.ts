import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HOUR_MS, ManualClock, money, systemTimer } from '../../domain/index.ts';
import { MemoryJournal } from '../journal/memory-journal.ts';
import { makeIntent } from '../plan-trade.ts';
import { reconcile } from '../reconcile.ts';
import { BINANCE_ETHUSDT_PERPETUAL_FILTERS } from '../symbol-filters.ts';
import { TradingEngine } from '../trading-engine.ts';
import { BinanceUsdmLoopback, USDM_KEY, USDM_SECRET } from './binance-usdm-loopback.contract.ts';
import { CcxtBroker } from './ccxt-broker.ts';

const START = 1_700_000_000_000;
const SYMBOL = 'ETHUSDT';

let server: BinanceUsdmLoopback;
let broker: CcxtBroker;
let engine: TradingEngine;
let clock: ManualClock;

beforeEach(async () => {
  clock = new ManualClock(START);
  server = new BinanceUsdmLoopback(clock, '10000');
  const fixed = { clock, timer: systemTimer, requestTimeoutMs: 2_000, weightPauseMs: 0 };
  const keys = { venue: 'binance_usdm', apiKey: USDM_KEY, secret: USDM_SECRET } as const;
  broker = await CcxtBroker.open({ ...keys, ...fixed, baseUrl: await server.listen() });
  const journal = new MemoryJournal();
  engine = await TradingEngine.open({ journal, clock, connect: () => broker, gate: () => [], capitalUsd: '10000' });
});
afterEach(async () => {
  await engine.close();
  await server.close();
});

let decisions = 0;
const intent = (side: 'buy' | 'sell', quantity: string, reduceOnly: boolean, postOnly = false) =>
  makeIntent({
    decisionId: `d${decisions++}`,
    leg: reduceOnly ? 'exit' : 'entry',
    attempt: 1,
    symbol: SYMBOL,
    mode: 'live',
    side,
    reduceOnly,
    quantity: money(quantity),
    priceUsd: money(2000),
    filters: BINANCE_ETHUSDT_PERPETUAL_FILTERS,
    ...(postOnly && { limit: { offsetBps: 0, postOnly } }),
    nowMs: clock.nowMs(),
    validUntilMs: clock.nowMs() + 60_000,
    reason: 'test',
    modelId: null,
  });

const check = () =>
  reconcile(engine, { symbol: SYMBOL, mode: 'live', foreignOrders: 'show', unknownOrders: 'halt', fillsSinceMs: START });

describe('preparing the account', () => {
  it('sets isolated margin and leverage, and changes nothing the second time', async () => {
    await broker.perpetual?.prepare(SYMBOL, 2);
    await broker.perpetual?.prepare(SYMBOL, 2);
    expect(server.marginType).toBe('ISOLATED');
    expect(server.perpetual.leverage).toBe(2);
  });

  it('refuses an account in hedge mode, with what to do', async () => {
    server.isHedged = true;
    await expect(broker.perpetual?.prepare(SYMBOL, 1)).rejects.toMatchObject({
      code: 'futures.hedge_mode',
      exitCode: 2,
      hint: expect.stringContaining('one-way'),
    });
  });

  it('refuses where a position is open with crossed margin, or with more leverage', async () => {
    await engine.execute([intent('buy', '1', false)]);
    await expect(broker.perpetual?.prepare(SYMBOL, 1)).rejects.toMatchObject({ code: 'futures.not_prepared' });
    Object.assign(server, { marginType: 'ISOLATED' });
    server.perpetual.leverage = 3;
    await expect(broker.perpetual?.prepare(SYMBOL, 1)).rejects.toMatchObject({
      code: 'futures.not_prepared',
      message: expect.stringContaining('-4161'),
    });
  });
});

describe('orders', () => {
  it('say to the exchange that they only make the position smaller, and may then be small', async () => {
    await engine.execute([intent('sell', '1', false)]);
    expect(await engine.execute([intent('buy', '0.005', true)])).toMatchObject([{ state: 'FILLED' }]);
    expect(server.orders.map((query) => [query.get('side'), query.get('reduceOnly'), query.get('newOrderRespType')])).toEqual([
      ['SELL', null, 'RESULT'],
      ['BUY', 'true', 'RESULT'],
    ]);
    expect(await engine.execute([intent('sell', '0.005', false)])).toMatchObject([{ state: 'REJECTED' }]);
    expect([...engine.ledger.orders.values()].at(-1)).toMatchObject({ brokeFilter: true });
  });

  it('that would go beyond zero though they only reduce are refused whole', async () => {
    await engine.execute([intent('sell', '1', false)]);
    const [refused] = await engine.execute([intent('buy', '2', true)]);
    expect(refused).toMatchObject({ state: 'REJECTED', message: expect.stringContaining('-2022') });
    expect(engine.ledger.position.quantityEth.toFixed()).toBe('-1');
  });

  it('rest in the book as post-only ones in the way of perpetuals', async () => {
    server.venue.priceUsd = '1999';
    expect(await engine.execute([intent('sell', '1', false, true)])).toMatchObject([{ state: 'ACCEPTED' }]);
    expect(Object.fromEntries(server.orders[0] ?? [])).toMatchObject({ type: 'LIMIT', timeInForce: 'GTX', price: '2000' });
  });

  it('under an id that is free again are taken again by the exchange, and not by the engine', async () => {
    const order = intent('sell', '1', false);
    await engine.execute([order, order]);
    expect(server.venue.orders).toHaveLength(1);
    expect(await broker.submit(order, START)).toMatchObject({ outcome: 'accepted' });
    expect(server.venue.orders).toHaveLength(2);
  });

  it('are found by the trades alone, where nothing else shows them yet', async () => {
    server.venue.sending = 'taken-timeout';
    server.isLagging = true;
    const order = intent('sell', '1', false);
    expect(await engine.execute([order])).toMatchObject([{ state: 'UNKNOWN' }]);
    clock.moveTo((engine.waitingForMs() ?? 0) + 1);
    expect(await engine.refresh()).toMatchObject([{ state: 'PARTIALLY_FILLED', filledQuantity: '0.5' }]);
  });
});

describe('the account', () => {
  it('knows rules, position, liquidation price, wallet and number', async () => {
    expect((await broker.market(SYMBOL)).filters).toMatchObject({
      minNotionalUsd: money(20),
      maxQuantity: money(10000),
      marketMaxQuantity: money(2000),
      quantityStep: money('0.001'),
      priceBandHigh: money('1.05'),
      sellBandLow: money('0.95'),
    });
    expect(await broker.perpetual?.position(SYMBOL)).toMatchObject({ liquidationPriceUsd: null });
    server.perpetual.leverage = 2;
    await engine.execute([intent('sell', '2', false)]);
    const position = await broker.perpetual?.position(SYMBOL);
    expect(position?.quantityEth.toFixed()).toBe('-2');
    expect(position?.entryPriceUsd.toFixed()).toBe('2000');
    // (2000 + 4000) / (2 * 1.004)
    expect(Number(position?.liquidationPriceUsd)).toBeCloseTo(2988.05, 2);
    expect((await broker.perpetual?.walletUsd())?.toFixed()).toBe('9996');
    expect(await broker.accountId()).toBe('354937868');
    expect(await broker.withdrawalPermission()).toBe('no');
    server.mayWithdraw = true;
    expect(await broker.withdrawalPermission()).toBe('yes');
    expect(await broker.tradePermission()).toBe('yes');
    server.mayTrade = false;
    expect(await broker.tradePermission()).toBe('no');
  });

  it('pays fees in another asset, valued at the minute in which they were charged', async () => {
    server.venue.feeIn = { asset: 'BNB', priceUsd: '300' };
    await engine.execute([intent('sell', '1', false)]);
    expect(engine.ledger.openTrade).toMatchObject({ feesUsd: '2.000001', feesByAsset: { BNB: '0.00666667' } });
    const minute = server.requests.find((one) => one.includes('klines'));
    expect(minute).toContain('GET /fapi/v1/klines');
    expect(engine.ledger.walletUsd.toFixed()).toBe(server.perpetual.walletUsd.toFixed());
  });

  it('tells every funding payment once, over pages, on our clock', async () => {
    await engine.execute([intent('sell', '1', false)]);
    server.skewMs = 30_000;
    await broker.synchroniseClock();
    for (let i = 1; i <= 1_003; i++) {
      clock.moveTo(START + i * HOUR_MS);
      server.perpetual.settleFunding('0.0001');
    }
    await broker.synchroniseClock();
    const payments = (await broker.perpetual?.funding(SYMBOL, START + 2 * HOUR_MS)) ?? [];
    expect(payments).toHaveLength(1_002);
    expect(payments.map(({ paidAtMs }) => paidAtMs)).toEqual(payments.map((_one, i) => START + (i + 2) * HOUR_MS));
    expect(new Set(payments.map(({ amount }) => amount))).toEqual(new Set(['0.2']));
  });
});

describe('the comparison', () => {
  it('books funding once, and finds nothing where all is equal', async () => {
    await engine.execute([intent('sell', '1', false)]);
    clock.moveTo(START + 8 * HOUR_MS);
    server.perpetual.settleFunding('-0.0002');
    expect(await check()).toMatchObject({ differences: [] });
    await check();
    expect(engine.ledger.fundingUsd.toFixed()).toBe('-0.4');
    expect(engine.ledger.openTrade).toMatchObject({ direction: 'short', fundingUsd: '-0.4' });
    expect(engine.ledger.walletUsd.toFixed()).toBe(server.perpetual.walletUsd.toFixed());
  });

  it.each([
    ['a larger position', '-0.5'],
    ['a smaller one', '0.5'],
  ])('does not explain %s', async (_name, by) => {
    await engine.execute([intent('sell', '1', false)]);
    server.perpetual.quantity = server.perpetual.quantity.plus(by);
    expect((await check()).unexplained).toMatchObject([{ kind: 'position_differs', subject: 'ETH', journal: '-1' }]);
  });

  it('does not explain a wallet that holds less, unless funding may just be due; more is not touched', async () => {
    await engine.execute([intent('sell', '1', false)]);
    server.perpetual.walletUsd = server.perpetual.walletUsd.plus(100);
    clock.moveTo(Math.ceil(START / HOUR_MS) * HOUR_MS + 30 * 60_000);
    expect((await check()).differences).toEqual([]);
    server.perpetual.walletUsd = server.perpetual.walletUsd.minus(101);
    expect((await check()).unexplained).toMatchObject([{ kind: 'balance_missing', subject: 'USDT' }]);
    clock.moveTo(clock.nowMs() + 31 * 60_000);
    expect(await check()).toMatchObject({ unexplained: [], differences: [{ kind: 'balance_missing', explained: true }] });
  });

  it('shows an execution that is not ours, on our clock, and books none of it', async () => {
    server.skewMs = 20_000;
    await broker.synchroniseClock();
    await engine.execute([intent('sell', '1', false)]);
    await broker.submit({ ...intent('buy', '0.5', false), clientOrderId: 'by-hand' }, START);
    const fills = await broker.recentFills(SYMBOL, START);
    expect(fills).toMatchObject([
      { side: 'sell', quantity: '1', priceUsd: '2000', executedAtMs: START },
      { side: 'buy', quantity: '0.5' },
    ]);
    expect((await check()).differences).toMatchObject([
      { kind: 'foreign_fill', subject: fills[1]?.tradeId, explained: true, venue: expect.stringContaining('buy 0.5 at 2000') },
      { kind: 'position_differs', journal: '-1', venue: '-0.5', explained: false },
      { kind: 'balance_missing', subject: 'USDT', journal: '9998', venue: '9997', explained: false },
    ]);
    expect(engine.ledger.fillCount).toBe(1);
  });

  it('adopts no order: what it would do to the position is not known', async () => {
    server.venue.priceUsd = '1999';
    await broker.submit({ ...intent('sell', '1', false, true), clientOrderId: 'by-hand' }, START);
    const options = { symbol: SYMBOL, mode: 'live', foreignOrders: 'adopt', unknownOrders: 'halt' } as const;
    expect((await reconcile(engine, options)).unexplained).toMatchObject([{ kind: 'foreign_order', action: 'failed' }]);
    expect(engine.ledger.orders.size).toBe(0);
  });
});
