import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HOUR_MS, ManualClock, type Money, money, ZERO } from '../domain/index.ts';
import { SimulatedPerpetualVenue } from './brokers/simulated-perpetual-venue.contract.ts';
import { SENDING } from './brokers/simulated-venue.contract.ts';
import { FileJournal } from './journal/file-journal.ts';
import { snapshotLedger } from './journal/ledger-snapshot.ts';
import { makeIntent } from './plan-trade.ts';
import { reconcile } from './reconcile.ts';
import { createOrderGate } from './risk/order-gate.ts';
import { DEFAULT_RISK_LIMITS } from './risk/risk-limits.ts';
import { settleOpenOrders, settleOrders } from './settle-orders.ts';
import { tradePnlUsd } from './trade.ts';
import { tradeHistory } from './trade-history.ts';
import { TradingEngine } from './trading-engine.ts';

const START = 1_700_006_400_000;
const CAPITAL = '10000';
const futures = { leverage: 2, allowShort: true, minLiquidationDistance: 0.25, maintenanceMarginRate: 0.01 };

/** An engine on a journal of files at a simulated venue of perpetuals; both outlive the engine. */
class Account {
  readonly folder = mkdtempSync(join(tmpdir(), 'ets-perpetual-'));
  readonly clock = new ManualClock(START);
  readonly venue = new SimulatedPerpetualVenue(this.clock, CAPITAL);
  engine!: TradingEngine;
  journal!: FileJournal;
  #decisions = 0;

  constructor() {
    this.venue.leverage = futures.leverage;
  }

  async open(): Promise<this> {
    this.journal = await FileJournal.open(join(this.folder, 'journal'));
    this.engine = await TradingEngine.open({
      journal: this.journal,
      clock: this.clock,
      connect: () => this.venue.connect(),
      gate: createOrderGate({
        limits: { ...DEFAULT_RISK_LIMITS, maxExposure: 5, dailyLoss: null, weeklyLoss: null, tradesPerDay: null, futures },
        isHalted: () => false,
        feeBps: 10,
        history: () => [],
        context: () => ({ dataAgeMs: 0, priceUsd: Number(this.venue.priceUsd) }),
      }),
      capitalUsd: CAPITAL,
      protection: { stopLoss: 0.1 },
    });
    await this.engine.recover();
    return this;
  }

  /** As after the process died; `compact` begins the journal anew first. */
  async reopen(compact = false): Promise<void> {
    if (compact) await this.engine.whileIdle(() => this.journal.compact(snapshotLedger(this.engine.ledger), this.clock.nowMs()));
    await this.engine.close();
    await this.open();
  }

  async close(): Promise<void> {
    await this.engine.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  get settling() {
    return {
      clock: this.clock,
      wait: async (untilMs: number) => this.clock.moveTo(Math.max(untilMs, this.clock.nowMs() + 1)),
      price: async () => money(this.venue.priceUsd),
      unfilledTimeoutMs: 60_000,
      maxAttempts: 3,
      maxRounds: 20,
    };
  }

  intent(side: 'buy' | 'sell', quantity: string, reduceOnly: boolean) {
    return makeIntent({
      decisionId: `d${++this.#decisions}`,
      leg: reduceOnly ? 'exit' : 'entry',
      attempt: 1,
      symbol: 'ETHUSDT',
      mode: 'live',
      side,
      reduceOnly,
      quantity: money(quantity),
      priceUsd: money(this.venue.priceUsd),
      filters: this.venue.filters,
      nowMs: this.clock.nowMs(),
      validUntilMs: this.clock.nowMs() + HOUR_MS,
      reason: 'test',
      modelId: null,
    });
  }

  order(side: 'buy' | 'sell', quantity: string, reduceOnly = false) {
    return settleOrders(this.engine, [this.intent(side, quantity, reduceOnly)], this.settling);
  }

  check() {
    const options = { symbol: 'ETHUSDT', mode: 'live', foreignOrders: 'halt', unknownOrders: 'halt' } as const;
    return reconcile(this.engine, { ...options, fillsSinceMs: START });
  }

  /** What the ledger and the venue, and the ledger and its trades, do not agree about. */
  disagreements(): string[] {
    const { venue } = this;
    const { ledger } = this.engine;
    const mark = money(venue.priceUsd);
    const trades = [...ledger.closedTrades, ...(ledger.openTrade === null ? [] : [ledger.openTrade])];
    const earned = trades
      .reduce((sum, trade) => sum.plus(tradePnlUsd(trade)), ZERO)
      .plus(ledger.position.quantityEth.times(mark));
    const orphaned = ledger.fundingUsd.minus(trades.reduce((sum, { fundingUsd = '0' }) => sum.plus(fundingUsd), ZERO));
    const pairs: [what: string, here: Money, there: Money, within: string][] = [
      ['position', ledger.position.quantityEth, venue.quantity, '0'],
      ['Ether', ledger.balance('ETH'), venue.quantity, '0'],
      ['cash', ledger.cashUsd, venue.balances.get('USDT') ?? ZERO, '0'],
      ['wallet', ledger.walletUsd, venue.walletUsd, '0.000001'],
      ['trades', earned, ledger.equityUsd(mark).minus(CAPITAL), '0'],
      ['funding without a trade', orphaned, ZERO, '0'],
    ];
    return pairs.flatMap(([what, here, there, within]) =>
      here.minus(there).abs().lte(within) ? [] : [`${what}: ${here.toFixed()} here, ${there.toFixed()} there`],
    );
  }
}

let account: Account;
beforeEach(async () => {
  account = await new Account().open();
});
afterEach(() => account.close());

describe('a perpetual through the engine', () => {
  it('goes long, turns short and ends flat, over partial fills, restarts, a compaction and funding', async () => {
    const { venue, clock } = account;
    const fund = async (rate: string) => {
      clock.moveTo(Math.ceil((clock.nowMs() + 1) / (8 * HOUR_MS)) * 8 * HOUR_MS);
      venue.settleFunding(rate);
      expect(await account.check()).toEqual({ differences: [], unexplained: [] });
    };
    venue.upcoming.push('part');
    await account.engine.execute([account.intent('buy', '2', false)]);
    expect(account.engine.ledger.position.quantityEth.toFixed()).toBe('1');
    await account.reopen();
    venue.fillRest();
    await settleOpenOrders(account.engine, account.settling);
    await fund('0.0001');

    venue.priceUsd = '2200';
    venue.upcoming.push('lagging');
    await account.engine.execute([account.intent('sell', '5', false)]);
    await account.reopen();
    await account.engine.refresh();
    // Half of the turn: 2 that were held and the first half of an Ether short.
    expect(account.engine.ledger.position.quantityEth.toFixed()).toBe('-0.5');
    expect(account.engine.ledger.closedTrades).toMatchObject([{ direction: 'long', boughtEth: '2', soldEth: '2' }]);
    await fund('0.0002');
    await account.reopen(true);
    venue.fillRest();
    await settleOpenOrders(account.engine, account.settling);
    expect(account.engine.ledger.position.quantityEth.toFixed()).toBe('-3');
    expect(account.engine.ledger.position.protection).toMatchObject({ direction: 'short', stopPriceUsd: '2420' });
    await fund('-0.0001');

    venue.priceUsd = '2100';
    venue.upcoming.push('part', 'taken-timeout');
    const outcomes = await account.order('buy', '3', true);
    expect(outcomes.map(({ state, filledQuantity }) => [state, filledQuantity])).toEqual([
      ['CANCELLED', '1.5'],
      ['CANCELLED', '0.75'],
      ['FILLED', '0.75'],
    ]);
    expect(await account.check()).toEqual({ differences: [], unexplained: [] });
    await account.reopen();

    expect(venue.quantity.toFixed()).toBe('0');
    expect(account.disagreements()).toEqual([]);
    const { ledger } = account.engine;
    // -0.4 of 2 long at 2000; 0.22 of 0.5 short and -0.66 of 3 short at 2200.
    expect(ledger.fundingUsd.toFixed()).toBe('-0.84');
    const trades = tradeHistory(ledger);
    expect(trades).toMatchObject([
      { side: 'long', quantityEth: '2', entryPriceUsd: '2000', exitPriceUsd: '2200', fundingUsd: '-0.4', unrealisedPnlUsd: '0' },
      {
        side: 'short',
        quantityEth: '3',
        entryPriceUsd: '2200',
        exitPriceUsd: '2100',
        fundingUsd: '-0.44',
        unrealisedPnlUsd: '0',
      },
    ]);
    // 400 and 300 of the price; fees of 4 + 4.4 and 6.6 + 6.3.
    expect(trades.map(({ pnlUsd }) => pnlUsd)).toEqual(['391.2', '286.66']);
    expect(ledger.cashUsd.toFixed()).toBe('10677.86');
  });

  it('closes what it holds where the gate denies the other half of a turn', async () => {
    await account.order('buy', '2');
    const outcomes = await account.order('sell', '20');
    expect(outcomes).toMatchObject([
      { state: 'NOT_SENT', message: expect.stringContaining('leverage') },
      { state: 'FILLED', filledQuantity: '2' },
    ]);
    expect([...account.engine.ledger.orders.values()].at(-1)?.intent).toMatchObject({ reduceOnly: true, quantity: '2' });
    expect(account.venue.quantity.toFixed()).toBe('0');
    expect(account.disagreements()).toEqual([]);
  });

  it('orders the rest of a turn again, and no more than margin and limits allow then', async () => {
    const { venue } = account;
    await account.order('buy', '1');
    venue.upcoming.push('part');
    venue.sending = 'fill';
    const caps = { limits: { ...DEFAULT_RISK_LIMITS, maxExposure: 5, maxOrderUsd: 4_000, futures }, feeBps: 10, slippageBps: 5 };
    const settling = { ...account.settling, caps };
    const outcomes = await settleOrders(account.engine, [account.intent('sell', '8', false)], settling);
    // 4 of 8: the position turned to -3; of what is left one order may open 4,000 USDT.
    expect(outcomes).toMatchObject([
      { state: 'CANCELLED', filledQuantity: '4' },
      { state: 'FILLED', filledQuantity: '2' },
    ]);
    expect(venue.quantity.toFixed()).toBe('-5');
    expect(account.disagreements()).toEqual([]);
  });

  it('agrees with the venue and with its own trades whatever happens on the way', async () => {
    const step = fc.record({
      side: fc.constantFrom('buy' as const, 'sell' as const),
      lots: fc.integer({ min: 10, max: 1_500 }),
      sending: fc.constantFrom(...SENDING),
      price: fc.integer({ min: 1_900, max: 2_100 }),
      funding: fc.option(fc.constantFrom('0.0001', '-0.0003'), { nil: undefined }),
      restart: fc.constantFrom('no', 'reopen', 'compact'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
        const one = await new Account().open();
        try {
          for (const { side, lots, sending, price, funding, restart } of steps) {
            one.venue.priceUsd = String(price);
            one.venue.upcoming.push(sending);
            await one.engine.execute([one.intent(side, money('0.002').times(lots).toFixed(), false)]);
            if (restart !== 'no') await one.reopen(restart === 'compact');
            one.venue.upcoming.length = 0;
            one.venue.fillRest();
            await settleOpenOrders(one.engine, one.settling);
            if (funding !== undefined) {
              one.clock.moveTo(one.clock.nowMs() + 8 * HOUR_MS);
              one.venue.settleFunding(funding);
            }
            expect((await one.check()).unexplained).toEqual([]);
          }
          expect(one.engine.ledger.workingOrders()).toEqual([]);
          expect(one.disagreements()).toEqual([]);
        } finally {
          await one.close();
        }
      }),
      { numRuns: 40 },
    );
  });
});
