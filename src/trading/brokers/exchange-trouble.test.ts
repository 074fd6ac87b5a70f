import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock, money, systemTimer } from '../../domain/index.ts';
import { orderAt } from '../engine-desk.contract.ts';
import { ledgerSnapshotSchema } from '../journal/journal-record.ts';
import { snapshotLedger } from '../journal/ledger-snapshot.ts';
import { MemoryJournal } from '../journal/memory-journal.ts';
import { foldJournal, Ledger } from '../ledger.ts';
import { tradeHistory } from '../trade-history.ts';
import { TradingEngine } from '../trading-engine.ts';
import { BinanceLoopback, KEY, SECRET } from './binance-loopback.contract.ts';
import { CcxtBroker, type CcxtBrokerOptions } from './ccxt-broker.ts';
import { ManualTimer } from './manual-timer.contract.ts';

const START = 1_700_000_000_000;

let clock: ManualClock;
let server: BinanceLoopback;
let baseUrl: string;
beforeEach(async () => {
  clock = new ManualClock(START);
  server = new BinanceLoopback(clock, '10000');
  baseUrl = await server.listen();
});
afterEach(() => server.close());

const open = (more: Partial<CcxtBrokerOptions> = {}) =>
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

const intentOf = (decisionId: string) => orderAt(START, 600_000, decisionId);
const buy = intentOf('d');
const ours = { clientOrderId: buy.clientOrderId, symbol: 'ETHUSDT', venueOrderId: null, plannedAtMs: START };
const list = { listClientOrderId: 'none', symbol: 'ETHUSDT' };

describe('the time that requests are signed with', () => {
  it('is measured around the call that was answered, not around those that were not', async () => {
    let asked = 0;
    server.fault = (route) => {
      if (route !== 'GET time' || ++asked > 1) return undefined;
      clock.moveTo(START + 10_000);
      return 'hang';
    };
    const broker = await open({ requestTimeoutMs: 200, timer: new ManualTimer() });
    expect(asked).toBe(2);
    expect(broker.venueAheadMs).toBe(0);
  });

  it.each([-5_000, 6_000])('is right again for every read after the clock stepped by %d ms', async (stepMs) => {
    const reads: Record<string, (broker: CcxtBroker) => Promise<unknown>> = {
      balances: async (broker) => (await broker.balances()).get('USDT')?.free.toFixed(),
      'open orders': (broker) => broker.openOrders('ETHUSDT'),
      'the account': (broker) => broker.accountId(),
      'the key': (broker) => broker.withdrawalPermission(),
      'an order': async (broker) => (await broker.lookup(ours)).outcome,
      'a list': async (broker) => (await broker.orderLists?.lookup(list))?.outcome,
      'the market': async (broker) => (await broker.market('ETHUSDT')).status,
    };
    const seen: Record<string, unknown> = {};
    for (const [name, read] of Object.entries(reads)) {
      server.skewMs = 0;
      const broker = await open();
      server.skewMs = stepMs;
      seen[name] = await read(broker);
      expect(broker.venueAheadMs).toBe(stepMs);
    }
    expect(seen).toEqual({
      balances: '10000',
      'open orders': [],
      'the account': '354937868',
      'the key': 'no',
      'an order': 'not_found',
      'a list': 'not_found',
      'the market': 'trading',
    });
  });

  it('is right again for a cancellation that was refused for it, which is repeated once', async () => {
    server.venue.sending = 'rest';
    const broker = await open();
    await broker.submit({ ...buy, type: 'limit', limitPriceUsd: '1900' }, START + 1);
    server.skewMs = -5_000;
    expect(await broker.cancel(ours)).toMatchObject({ outcome: 'done', report: { state: 'CANCELLED' } });
    expect(broker.venueAheadMs).toBe(-5_000);
    expect(server.requests.filter((route) => route === 'DELETE order')).toHaveLength(2);
    server.skewMs = 6_000;
    expect(await broker.orderLists?.cancel(list)).toMatchObject({ outcome: 'not_cancelled' });
    expect(broker.venueAheadMs).toBe(6_000);
    expect(server.requests.filter((route) => route === 'DELETE orderList')).toHaveLength(2);
  });

  it('is right again for the next order, since the one that was refused for it is not sent again', async () => {
    const broker = await open();
    server.skewMs = 6_000;
    expect(await broker.submit(buy, START + 1)).toMatchObject({ outcome: 'rejected', isTransient: true });
    expect(server.requests.filter((route) => route === 'POST order')).toHaveLength(1);
    expect(await broker.submit(intentOf('e'), START + 1)).toMatchObject({ outcome: 'accepted' });
  });
});

describe('an exchange that wants to be left alone', () => {
  const limited = { status: 429, body: '{"code":-1003,"msg":"Too many requests."}' };

  it.each([429, 418])('is asked nothing, and sent nothing, before its Retry-After is over (%d)', async (status) => {
    const timer = new ManualTimer();
    const broker = await open({ timer });
    server.fault = () => ({ ...limited, status, headers: { 'retry-after': '60' } });
    server.requests.length = 0;
    const refused = { code: 'exchange.rate_limited', details: { retryAfterMs: 60_000 } };
    await expect(broker.balances()).rejects.toMatchObject(refused);
    await expect(broker.market('ETHUSDT')).rejects.toMatchObject(refused);
    expect(await broker.submit(buy, START + 1)).toMatchObject({ outcome: 'rejected', isTransient: true });
    expect(await broker.lookup(ours)).toMatchObject({ outcome: 'unknown' });
    expect(await broker.cancel(ours)).toMatchObject({ outcome: 'unknown' });
    timer.moveBy(50_000);
    await expect(broker.openOrders('ETHUSDT')).rejects.toMatchObject({ details: { retryAfterMs: 10_000 } });
    expect(server.requests).toEqual(['GET account']);
    expect(timer.slept).toEqual([]);
    server.fault = undefined;
    timer.moveBy(10_000);
    expect(await broker.submit(buy, START + 1)).toMatchObject({ outcome: 'accepted' });
    expect((await broker.balances()).get('ETH')?.free.toFixed()).toBe('1');
  });

  it('is asked again by itself after a short pause', async () => {
    const timer = new ManualTimer();
    const broker = await open({ timer });
    server.requests.length = 0;
    server.fault = () => (server.requests.length === 1 ? { ...limited, headers: { 'retry-after': '3' } } : undefined);
    expect((await broker.balances()).get('USDT')?.free.toFixed()).toBe('10000');
    expect(timer.slept).toEqual([3_000]);
    expect(server.requests).toEqual(['GET account', 'GET account']);
  });

  it('closes for orders by refusing one, which stays refused', async () => {
    const timer = new ManualTimer();
    const broker = await open({ timer });
    server.fault = (route) => (route === 'POST order' ? limited : undefined);
    expect(await broker.submit(buy, START + 1)).toMatchObject({ outcome: 'rejected', isTransient: true });
    server.fault = undefined;
    server.requests.length = 0;
    await expect(broker.balances()).rejects.toMatchObject({ code: 'exchange.rate_limited', details: { retryAfterMs: 10_000 } });
    expect(server.requests).toEqual([]);
  });
});

describe('the proof that an order never arrived', () => {
  const openEngine = async (journal: MemoryJournal, broker: () => Promise<CcxtBroker> = open) =>
    TradingEngine.open({ journal, clock, connect: () => broker(), gate: () => [], capitalUsd: '10000' });

  it('begins when the search begins, not when it ends', async () => {
    server.venue.sending = 'lost';
    const engine = await openEngine(new MemoryJournal());
    await engine.execute([buy]);
    const endsMs = engine.waitingForMs() ?? 0;
    clock.moveTo(endsMs - 1);
    server.fault = (route) => {
      if (route === 'GET order') clock.moveTo(endsMs + 1_000);
      return undefined;
    };
    expect(await engine.refresh()).toMatchObject([{ state: 'UNKNOWN' }]);
    server.requests.length = 0;
    expect(await engine.refresh()).toMatchObject([{ state: 'NOT_FOUND' }]);
    expect(server.requests.filter((route) => route === 'GET order')).toHaveLength(2);
  });

  it('is on the clock of the exchange, also where ours stepped since and after a restart', async () => {
    server.venue.sending = 'lost';
    server.skewMs = 60_000;
    const journal = new MemoryJournal();
    const before = await openEngine(journal);
    await before.execute([buy]);
    const endsMs = before.waitingForMs() ?? 0;
    // Our clock was a minute behind and is put right: at the exchange one second has passed.
    clock.moveTo(START + 61_000);
    server.skewMs = 0;
    expect(await before.refresh()).toMatchObject([{ state: 'UNKNOWN' }]);
    const after = await openEngine(journal);
    expect(await after.refresh()).toMatchObject([{ state: 'UNKNOWN' }]);
    clock.moveTo(endsMs + 59_999);
    expect(await after.refresh()).toMatchObject([{ state: 'UNKNOWN' }]);
    clock.moveTo(endsMs + 60_000);
    expect(await after.refresh()).toMatchObject([{ state: 'NOT_FOUND' }]);
  });

  it('is refuted by an execution that no list of orders shows', async () => {
    server.venue.sending = 'taken-timeout';
    server.venue.hidden.add(buy.clientOrderId);
    const engine = await openEngine(new MemoryJournal());
    expect(await engine.execute([buy])).toMatchObject([{ state: 'UNKNOWN' }]);
    clock.moveTo((engine.waitingForMs() ?? 0) + 1);
    expect(await engine.refresh()).toMatchObject([{ state: 'PARTIALLY_FILLED', filledQuantity: '0.5' }]);
  });
});

describe('a fee in another asset', () => {
  const openEngine = (journal: MemoryJournal) =>
    TradingEngine.open({
      journal,
      clock,
      connect: () => open(),
      gate: () => [],
      capitalUsd: '10000',
      protection: { stopLoss: 0.08, takeProfit: 0.16 },
    });
  beforeEach(() => {
    server.venue.feeIn = { asset: 'BNB', priceUsd: '500' };
  });

  const sell = { ...intentOf('e'), clientOrderId: `${buy.clientOrderId.slice(0, 30)}sale00`, leg: 'exit', side: 'sell' } as const;

  it('is valued at the price of the minute in which it was charged, and lowers equity', async () => {
    const engine = await openEngine(new MemoryJournal());
    expect(await engine.execute([buy])).toMatchObject([{ state: 'FILLED' }]);
    const { ledger } = engine;
    expect(ledger.feesByAsset.get('BNB')?.toFixed()).toBe('0.004');
    expect(ledger.feesUsd.toFixed()).toBe('2');
    expect(ledger.cashUsd.toFixed()).toBe('8000');
    expect(ledger.equityUsd(money(2000)).toFixed()).toBe('9998');
    expect(ledger.unvaluedFees.size).toBe(0);
  });

  it('does not keep the fees in other assets from being valued where it cannot be itself', async () => {
    server.bnbPriceUsd = undefined;
    server.venue.feeIn = { asset: 'GONE', priceUsd: '1' };
    const engine = await openEngine(new MemoryJournal());
    await engine.execute([buy]);
    server.venue.feeIn = { asset: 'BNB', priceUsd: '500' };
    await engine.execute([sell]);
    expect([...engine.ledger.unvaluedFees.values()].map(({ asset }) => asset)).toEqual(['GONE', 'BNB']);
    server.bnbPriceUsd = '500';
    await engine.refresh();
    expect([...engine.ledger.unvaluedFees.values()].map(({ asset }) => asset)).toEqual(['GONE']);
    expect(engine.ledger.feesUsd.toFixed()).toBe('2');
  });

  it('does not hide the execution where it cannot be valued; it is said, and valued later, once', async () => {
    server.bnbPriceUsd = undefined;
    const journal = new MemoryJournal();
    const engine = await openEngine(journal);
    const { ledger } = engine;
    expect(await engine.execute([buy])).toMatchObject([{ state: 'FILLED', filledQuantity: '1' }]);
    expect(ledger.position.protection).toMatchObject({ stopPriceUsd: '1840', takeProfitPriceUsd: '2320' });
    expect(ledger.feesByAsset.get('BNB')?.toFixed()).toBe('0.004');
    expect(ledger.feesUsd.toFixed()).toBe('0');
    expect([...ledger.unvaluedFees.values()]).toMatchObject([{ asset: 'BNB', amount: '0.004', executedAtMs: START }]);
    expect(tradeHistory(ledger)).toMatchObject([{ feesUsd: '0', unvaluedFees: { BNB: '0.004' } }]);
    await engine.execute([sell]);
    expect(tradeHistory(ledger)).toMatchObject([{ feesUsd: '0', unvaluedFees: { BNB: '0.008' } }]);
    await engine.refresh();
    expect(ledger.unvaluedFees.size).toBe(2);
    expect(ledger.equityUsd(money(2000)).toFixed()).toBe('10000');

    const restarted = new Ledger();
    restarted.apply({ type: 'checkpoint', atMs: START, ledger: ledgerSnapshotSchema.parse(snapshotLedger(ledger)) });
    expect(snapshotLedger(restarted)).toEqual(snapshotLedger(ledger));

    server.bnbPriceUsd = '500';
    await engine.refresh();
    await engine.refresh();
    for (const one of [ledger, await foldJournal(journal.entries())]) {
      expect(one.unvaluedFees.size).toBe(0);
      expect(one.feesUsd.toFixed()).toBe('4');
      expect(one.equityUsd(money(2000)).toFixed()).toBe('9996');
      expect(tradeHistory(one)).toMatchObject([{ feesUsd: '4', pnlUsd: '-4' }]);
      expect(tradeHistory(one)[0]).not.toHaveProperty('unvaluedFees');
    }
  });
});
