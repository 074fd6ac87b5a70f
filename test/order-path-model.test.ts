import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRng, ManualClock, type Money, money, ZERO } from '../src/domain/index.ts';
import {
  BINANCE_ETHUSDT_FILTERS,
  CRASH_POINTS,
  createOrderGate,
  DEFAULT_RISK_LIMITS,
  decisionId,
  foldJournal,
  type Ledger,
  MemoryJournal,
  makeIntent,
  type OrderIntent,
  type PreTradeGate,
  reconcile,
  retryIntent,
  snapshotLedger,
  TradingEngine,
} from '../src/trading/index.ts';
import { isTerminal } from '../src/trading/order-state.ts';
import { MatchingEngineVenue, WAYS, type Way } from './matching-engine-broker.fixture.ts';

const START = 1_700_000_000_000;
const CAPITAL = '10000';
const ASSETS = ['ETH', 'USDT'] as const;

/** What has to hold, as far as the commands know it: how much each decision may trade on its side. */
interface Model {
  readonly wanted: Map<string, number>;
  orders: number;
}

/** The gate of production, with limits that only count what is owned and what other orders may still trade. */
const realGate = createOrderGate({
  limits: { ...DEFAULT_RISK_LIMITS, dailyLoss: null, weeklyLoss: null, tradesPerDay: null },
  feeBps: 10,
  isHalted: () => false,
  history: () => [],
  context: () => ({ dataAgeMs: 0, priceUsd: 2_000 }),
});

/** What the account holds besides what the system was given: without it the exchange itself refuses to oversell. */
const SURPLUS_USD = '90000';
const SURPLUS_ETH = '20';

/** An engine on the sandbox's matching engine, that dies and comes back. */
class Desk {
  readonly clock = new ManualClock(START);
  readonly journal = new MemoryJournal();
  readonly venue: MatchingEngineVenue;
  readonly sent: OrderIntent[] = [];
  readonly gate: PreTradeGate | undefined;
  dyingAt: string | undefined;
  engine!: TradingEngine;

  /** @param gate absent: the account holds nothing else, and the exchange is what denies */
  constructor(seed: number, gate?: PreTradeGate) {
    this.gate = gate;
    this.venue = new MatchingEngineVenue(
      this.clock,
      createRng(seed),
      gate ? money(CAPITAL).plus(SURPLUS_USD).toFixed() : CAPITAL,
    );
    if (gate) this.venue.placeByHand('somebody', 'buy', SURPLUS_ETH, '2200');
  }

  async start(): Promise<void> {
    this.engine = await TradingEngine.open({
      journal: this.journal,
      clock: this.clock,
      connect: () => this.venue.connect(),
      gate: this.gate ?? (() => []),
      capitalUsd: CAPITAL,
      protection: { stopLoss: 0.08 },
      crash: (point) => {
        if (point !== this.dyingAt) return;
        this.dyingAt = undefined;
        throw new Error('killed');
      },
    });
  }

  /** Where the process dies on the way, it is started again and knows what the journal knows. */
  async survive(work: Promise<unknown>): Promise<void> {
    try {
      await work;
    } catch (error) {
      if (!(error instanceof Error && error.message === 'killed')) throw error;
      await this.start();
    }
  }
}

/** What the exchange's executions of the orders in the journal add up to. */
function truthOf(desk: Desk): { readonly balances: Record<string, Money>; readonly fees: Record<string, Money> } {
  const balances: Record<string, Money> = { ETH: ZERO, USDT: money(CAPITAL) };
  const fees: Record<string, Money> = { ETH: ZERO, USDT: ZERO };
  for (const fill of desk.venue.exchange.fills) {
    if (!desk.engine.ledger.orders.has(fill.clientOrderId)) continue;
    const sign = fill.side === 'BUY' ? 1 : -1;
    balances.ETH = balances.ETH!.plus(fill.quantity.times(sign));
    balances.USDT = balances.USDT!.minus(fill.quantity.times(fill.price).times(sign));
    balances[fill.commissionAsset] = balances[fill.commissionAsset]!.minus(fill.commission);
    fees[fill.commissionAsset] = fees[fill.commissionAsset]!.plus(fill.commission);
  }
  return { balances, fees };
}

/** The journal knows no execution that the exchange does not, and no decision trades more than it wanted. */
async function expectSound(model: Model, desk: Desk): Promise<void> {
  const { ledger } = desk.engine;
  const { exchange } = desk.venue;
  const real = new Set(exchange.fills.map(({ tradeId, clientOrderId }) => `${clientOrderId}:${tradeId}`));
  const traded = new Map<string, Money>();
  for (const { intent, tradeIds, filledQuantity } of ledger.orders.values()) {
    for (const tradeId of tradeIds) expect(real).toContain(`${intent.clientOrderId}:${tradeId}`);
    traded.set(intent.decisionId, (traded.get(intent.decisionId) ?? ZERO).plus(filledQuantity));
  }
  for (const [id, quantity] of model.wanted) expect((traded.get(id) ?? ZERO).lte(quantity)).toBe(true);
  if (desk.gate) {
    expect(ledger.balance('ETH').gte(0)).toBe(true);
    expect(ledger.cashUsd.gte(MOST_OVERSPENT_USD)).toBe(true);
  }
  const ids = exchange.orders.map(({ clientOrderId }) => clientOrderId);
  expect(new Set(ids).size).toBe(ids.length);
  expect(snapshotLedger(await foldJournal(desk.journal.entries()))).toEqual(snapshotLedger(ledger));
}

function expectEqualToTheLastUnit(ledger: Ledger, desk: Desk): void {
  const { balances, fees } = truthOf(desk);
  for (const asset of ASSETS) {
    expect(ledger.balance(asset).toFixed()).toBe(balances[asset]?.toFixed());
    expect((ledger.feesByAsset.get(asset) ?? ZERO).toFixed()).toBe(fees[asset]?.toFixed());
  }
  expect(ledger.position.quantityEth.toFixed()).toBe(balances.ETH?.toFixed());
}

/** A market order that arrives late may fill above the price that it was sized with; nobody can know that before. */
const MOST_OVERSPENT_USD = -100;

type Step = fc.AsyncCommand<Model, Desk, true>;

/** A command under a name, whose outcome has to leave everything sound. */
const step = (name: string, act: (desk: Desk, model: Model) => Promise<void>): Step => ({
  check: async () => true,
  async run(model, desk) {
    await act(desk, model);
    await expectSound(model, desk);
  },
  toString: () => name,
});

const order = (side: 'buy' | 'sell', units: number, offsetBps: number | null, inPieces: boolean, way: Way): Step =>
  step(`${side} ${units / 10_000} ${offsetBps ?? 'at the market'} ${inPieces ? 'in pieces ' : ''}${way}`, async (desk, model) => {
    const nowMs = desk.clock.nowMs();
    desk.venue.way = way;
    desk.venue.inPieces = inPieces;
    const intent = makeIntent({
      decisionId: decisionId({ strategy: 'model', symbol: 'ETHUSDT', decisionTimeMs: model.orders++, mode: 'sandbox' }),
      leg: side === 'buy' ? 'entry' : 'exit',
      attempt: 1,
      symbol: 'ETHUSDT',
      mode: 'sandbox',
      side,
      quantity: money(units).div(10_000),
      priceUsd: desk.venue.exchange.ask(nowMs),
      filters: BINANCE_ETHUSDT_FILTERS,
      ...(offsetBps !== null && { limit: { offsetBps, postOnly: false } }),
      nowMs,
      validUntilMs: nowMs + 60_000,
      reason: 'model',
      modelId: null,
    });
    model.wanted.set(intent.decisionId, units / 10_000);
    desk.sent.push(intent);
    await desk.survive(desk.engine.execute([intent]));
  });

const repeat = (which: number): Step =>
  step(`repeat ${which}`, async (desk) => {
    const intent = desk.sent[which % Math.max(1, desk.sent.length)];
    if (intent) await desk.survive(desk.engine.execute([intent]));
  });

const retry = (which: number, way: Way): Step =>
  step(`retry ${which} ${way}`, async (desk) => {
    const intent = desk.sent[which % Math.max(1, desk.sent.length)];
    const nowMs = desk.clock.nowMs();
    const again =
      intent &&
      retryIntent(desk.engine.ledger, intent, {
        priceUsd: desk.venue.exchange.ask(nowMs),
        filters: BINANCE_ETHUSDT_FILTERS,
        nowMs,
        validUntilMs: nowMs + 60_000,
        maxAttempts: 4,
      });
    desk.venue.way = way;
    if (again) await desk.survive(desk.engine.execute([again]));
  });

const cancel = step('cancel', async (desk) => {
  for (const { intent } of desk.engine.ledger.unsettledOrders()) await desk.survive(desk.engine.cancel(intent.clientOrderId));
});

const refresh = (isDown: boolean, isLagging: boolean): Step =>
  step(`refresh${isDown ? ' in vain' : ''}${isLagging ? ' lagging' : ''}`, async (desk) => {
    Object.assign(desk.venue, { isDown, isLagging });
    await desk.survive(desk.engine.refresh());
    Object.assign(desk.venue, { isDown: false, isLagging: false });
  });

const wait = (ms: number): Step => step(`wait ${ms}`, async (desk) => desk.venue.advance(ms));

const restart = step('restart', async (desk) => {
  await desk.start();
  await desk.survive(desk.engine.recover());
});

const dieAt = (point: string): Step =>
  step(`die at ${point}`, async (desk) => {
    desk.dyingAt = point;
  });

/** Somebody places an order by hand, and the comparison with the exchange takes it over where the money is there. */
const byHand = (side: 'buy' | 'sell', units: number, priceUsd: number): Step =>
  step(`by hand ${side} ${units / 10_000} at ${priceUsd}`, async (desk, model) => {
    const id = `web_${model.orders++}`;
    desk.venue.placeByHand(id, side, money(units).div(10_000).toFixed(), String(priceUsd));
    const adopt = { symbol: 'ETHUSDT', mode: 'sandbox', foreignOrders: 'adopt', unknownOrders: 'adopt' } as const;
    await desk.survive(reconcile(desk.engine, adopt));
  });

const side = fc.constantFrom('buy' as const, 'sell' as const);
const units = fc.integer({ min: 30, max: 20_000 });
const way = fc.constantFrom(...WAYS);
const commands = fc.commands<Model, Desk, true>(
  [
    fc.tuple(side, units, fc.option(fc.integer({ min: -400, max: 100 })), fc.boolean(), way).map((args) => order(...args)),
    fc.nat(5).map(repeat),
    fc.tuple(fc.nat(5), way).map((args) => retry(...args)),
    fc.constant(cancel),
    fc.tuple(fc.boolean(), fc.boolean()).map((args) => refresh(...args)),
    fc.integer({ min: 100, max: 40_000 }).map(wait),
    fc.constant(restart),
    fc.constantFrom(...CRASH_POINTS.filter((point) => point.startsWith('order.'))).map(dieAt),
    fc.tuple(side, units, fc.integer({ min: 1_850, max: 2_150 })).map((args) => byHand(...args)),
  ],
  { size: '+1' },
);

async function expectToFold(steps: Parameters<typeof fc.asyncModelRun<Model, Desk, true, Model>>[1], desk: Desk): Promise<void> {
  await desk.start();
  const model: Model = { wanted: new Map(), orders: 0 };
  await fc.asyncModelRun(() => ({ model, real: desk }), steps);

  desk.dyingAt = undefined;
  await desk.start();
  await desk.engine.recover();
  desk.venue.advance(Math.max(0, (desk.engine.waitingForMs() ?? 0) - desk.clock.nowMs()) + 60_000);
  await desk.engine.refresh();
  for (const { intent } of desk.engine.ledger.unsettledOrders()) await desk.engine.cancel(intent.clientOrderId);
  await desk.engine.refresh();
  const { ledger } = desk.engine;
  expect([...ledger.orders.values()].filter(({ state }) => !isTerminal(state))).toEqual([]);
  await expectSound(model, desk);
  expectEqualToTheLastUnit(ledger, desk);
}

const numRuns = Number(process.env.ETS_TEST_MODEL_RUNS ?? 300);

describe('the order path on the matching engine', () => {
  it('folds to the ledger of the exchange, to the last unit, whatever comes in whatever order', async () => {
    const property = fc.asyncProperty(commands, fc.nat(), (steps, seed) => expectToFold(steps, new Desk(seed)));
    await fc.assert(property, { numRuns });
  });

  it('never sells or spends what it does not own on an account that holds more', async () => {
    const property = fc.asyncProperty(commands, fc.nat(), (steps, seed) => expectToFold(steps, new Desk(seed, realGate)));
    await fc.assert(property, { numRuns });
  });
});
