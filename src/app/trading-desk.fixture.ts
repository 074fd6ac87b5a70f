import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../config/index.ts';
import { ExchangeError, ManualClock, money, type Timer } from '../domain/index.ts';
import { SimulatedPerpetualVenue } from '../trading/brokers/simulated-perpetual-venue.contract.ts';
import { SimulatedVenue } from '../trading/brokers/simulated-venue.contract.ts';
import {
  type Broker,
  createOrderGate,
  FileDecisionLog,
  FilePerformanceLog,
  HaltSwitch,
  MemoryJournal,
  makeIntent,
  type OrderLeg,
  type OrderOutcome,
  type Quote,
  TradingEngine,
} from '../trading/index.ts';
import { ActingTurn } from './acting-turn.ts';
import { PATHS } from './app-parts.ts';
import { cycleSettings, protectionPolicy } from './cycle-settings.ts';
import type { CycleParts } from './cycle-types.ts';
import { routeOver } from './exchange-route.ts';
import { paperRoute } from './order-route.ts';
import type { TradingSession } from './trading-session.ts';

export const START_MS = Date.UTC(2024, 0, 1, 12);

/** Process time that only tests move on: whoever sleeps wakes when it is over. */
export class ManualTimer implements Timer {
  #nowMs = 0;
  #sleepers: { readonly atMs: number; readonly wake: () => void }[] = [];

  elapsedMs(): number {
    return this.#nowMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const stop = () => reject(signal?.reason);
      signal?.addEventListener('abort', stop, { once: true });
      const wake = () => {
        signal?.removeEventListener('abort', stop);
        resolve();
      };
      this.#sleepers.push({ atMs: this.#nowMs + ms, wake });
    });
  }

  get sleepers(): number {
    return this.#sleepers.length;
  }

  pass(ms: number): void {
    this.#nowMs += ms;
    const awake = this.#sleepers.filter(({ atMs }) => atMs <= this.#nowMs);
    this.#sleepers = this.#sleepers.filter(({ atMs }) => atMs > this.#nowMs);
    for (const { wake } of awake) wake();
  }
}

/** An open session at a simulated exchange, and everything that a test wants to reach. */
export class TradingDesk {
  readonly dataDir = mkdtempSync(join(tmpdir(), 'ets-desk-'));
  readonly clock = new ManualClock(START_MS);
  readonly timer = new ManualTimer();
  /** Of perpetuals where the settings say so. */
  venue = new SimulatedVenue(this.clock, '10000');
  readonly journal = new MemoryJournal();
  /** What the stream says, one each; the venue's price after those. Undefined: nothing. */
  readonly quotes: (string | undefined)[] = [];
  /** What the second source says, in the same way. */
  readonly secondQuotes: (string | undefined)[] = [];
  /** Between bid and ask of every quote; not told where absent. */
  spreadBps: number | undefined;
  isPriceKnown = true;
  lastClose: string | undefined;
  /** Requests for the market and the books fail. */
  isDown = false;
  /** The venue does not list the symbol any more. */
  isDelisted = false;
  /** Asked to take an order, throws this. */
  broken: Error | undefined;
  histories = 0;
  waits = 0;
  /** What waiting for an order does; world time passes unless told otherwise. */
  wait = async (untilMs: number): Promise<void> => this.clock.moveTo(untilMs);
  session!: TradingSession;
  #serial = 0;

  static async open(overrides: readonly string[] = [], kind: 'exchange' | 'paper' = 'exchange'): Promise<TradingDesk> {
    const desk = new TradingDesk();
    await desk.#open(overrides, kind);
    return desk;
  }

  get engine(): TradingEngine {
    return this.session.cycle.engine;
  }

  get ledger() {
    return this.engine.ledger;
  }

  get held(): string {
    return this.ledger.balance('ETH').toFixed();
  }

  config = loadConfig({ env: {} });

  async #open(overrides: readonly string[], kind: 'exchange' | 'paper'): Promise<void> {
    this.config = loadConfig({ env: {}, overrides: [...overrides] });
    if (this.config.futures.enabled) this.venue = this.#perpetualVenue();
    const { config, clock, venue } = this;
    const turn = new ActingTurn();
    const next = async (from: (string | undefined)[]): Promise<Quote | undefined> => {
      const told = from.length > 0 ? from.shift() : this.isPriceKnown ? venue.priceUsd : undefined;
      const spread = this.spreadBps === undefined ? {} : { spreadBps: this.spreadBps };
      return told === undefined ? undefined : { priceUsd: money(told), atMs: clock.nowMs(), ...spread };
    };
    const broker = this.#broker(venue.connect());
    const exchange = () =>
      routeOver(broker, {
        mode: 'sandbox',
        symbol: 'ETHUSDT',
        market: { filters: venue.filters, status: 'trading' },
        exchange: config.exchange,
        settling: {
          clock,
          wait: (untilMs) => {
            this.waits++;
            return this.wait(untilMs);
          },
          isBrokenOff: () => turn.broken?.aborted === true,
          price: async () => (this.isPriceKnown ? money(venue.priceUsd) : undefined),
          unfilledTimeoutMs: config.exchange.unfilledTimeoutS * 1000,
          maxAttempts: config.exchange.maxAttempts,
          maxRounds: 10,
        },
      });
    const route =
      kind === 'paper' ? paperRoute(config, 'paper', () => next(this.quotes)) : { ...exchange(), connect: () => broker };
    const haltSwitch = new HaltSwitch(join(this.dataDir, PATHS.halt));
    const isHalted = async () => (await haltSwitch.current()) !== undefined;
    const settings = cycleSettings(config, route, null);
    const engine = await TradingEngine.open({
      journal: this.journal,
      clock,
      connect: route.connect,
      gate: createOrderGate({
        limits: { ...settings.limits, tradesPerDay: null },
        isHalted,
        feeBps: settings.costs.feeBps,
        history: () => [],
        context: () => ({ dataAgeMs: 0, priceUsd: Number(this.venue.priceUsd) }),
      }),
      capitalUsd: '10000',
      protection: protectionPolicy(config),
    });
    const cycle: CycleParts = {
      settings,
      clock,
      market: {
        view: async () => ({ canonicalFor: () => ({ series: 'x' }), lastClose: () => money(this.lastClose ?? 0) }) as never,
        inputs: async () => [],
        quote: () => next(this.quotes),
        secondQuote: () => next(this.secondQuotes),
      },
      model: () => undefined,
      served: () => [],
      engine,
      route,
      decisions: await FileDecisionLog.open(join(this.dataDir, PATHS.decisions)),
      performance: await FilePerformanceLog.open(join(this.dataDir, PATHS.performance)),
      noteSurroundings: () => undefined,
      isHalted,
      halt: (why) => haltSwitch.halt('system', why, clock.nowMs()),
    };
    this.session = {
      cycle,
      turn,
      repairedBytes: 0,
      markUsd: () => money(this.venue.priceUsd),
      journalLength: () => this.journal.lastSeq,
      compactJournal: async () => undefined,
      writeHistory: async () => void this.histories++,
      close: async () => {
        await engine.close();
        await cycle.decisions.close();
        await cycle.performance.close();
      },
    };
  }

  #perpetualVenue(): SimulatedPerpetualVenue {
    const venue = new SimulatedPerpetualVenue(this.clock, '10000');
    venue.leverage = this.config.futures.leverage;
    return venue;
  }

  #broker(broker: Broker): Broker {
    const orDown = async <Result>(work: () => Promise<Result>): Promise<Result> => {
      if (this.isDown) throw new ExchangeError('exchange.unreachable', 'connection refused');
      return work();
    };
    return {
      ...broker,
      market: (symbol) =>
        orDown(async () => {
          if (this.isDelisted) throw new ExchangeError('exchange.symbol_not_trading', 'ETHUSDT does not trade at sandbox');
          return broker.market(symbol);
        }),
      balances: () => orDown(() => broker.balances()),
      openOrders: (symbol) => orDown(() => broker.openOrders(symbol)),
      submit: async (intent, sendBeforeMs) => {
        if (this.broken) throw this.broken;
        return broker.submit(intent, sendBeforeMs);
      },
    };
  }

  /** Buys so much as the decision of a time would. */
  async buy(quantity = '1', decisionTimeMs: number = this.clock.nowMs()): Promise<OrderOutcome> {
    const decisionId = `d${++this.#serial}`;
    await this.engine.recordDecision({ decisionId, decisionTimeMs, action: 'BUY', renewsHolding: true });
    const [outcome] = await this.engine.execute([this.intent(decisionId, 'buy', quantity)]);
    return outcome!;
  }

  /** Goes so much short as the decision of a time would. */
  async short(quantity = '1', decisionTimeMs: number = this.clock.nowMs()): Promise<OrderOutcome> {
    const decisionId = `d${++this.#serial}`;
    await this.engine.recordDecision({ decisionId, decisionTimeMs, action: 'SELL', renewsHolding: true });
    const [outcome] = await this.engine.execute([this.intent(decisionId, 'sell', quantity, 'entry')]);
    return outcome!;
  }

  intent(decisionId: string, side: 'buy' | 'sell', quantity: string, leg: OrderLeg = side === 'buy' ? 'entry' : 'exit') {
    return makeIntent({
      decisionId,
      leg,
      ...(this.config.futures.enabled && { reduceOnly: leg !== 'entry' }),
      attempt: 1,
      symbol: 'ETHUSDT',
      mode: this.session.cycle.settings.mode,
      side,
      quantity: money(quantity),
      priceUsd: money(this.venue.priceUsd),
      filters: this.venue.filters,
      nowMs: this.clock.nowMs(),
      validUntilMs: this.clock.nowMs() + 3_600_000,
      reason: 'test',
      modelId: null,
    });
  }

  /** Orders of a leg as the journal has them, oldest first. */
  ordersOf(leg: string) {
    return [...this.ledger.orders.values()].filter(({ intent }) => intent.leg === leg);
  }

  async close(): Promise<void> {
    await this.session.close();
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}
