import { join } from 'node:path';
import { ConfigError, InvariantError, type Money, money, type TimeMs } from '../domain/index.ts';
import { checkWorld } from '../storage/index.ts';
import {
  type BookCost,
  createOrderGate,
  FileDecisionLog,
  FileJournal,
  FilePerformanceLog,
  HaltSwitch,
  LIVE_VENUES,
  type OrderSide,
  type Quote,
  snapshotLedger,
  TradingEngine,
  type TradingMode,
  whyNotLive,
  writeTradeHistory,
} from '../trading/index.ts';
import { ActingTurn } from './acting-turn.ts';
import { type AppParts, PATHS } from './app-parts.ts';
import { cycleSettings, protectionPolicy } from './cycle-settings.ts';
import type { CycleMarket, CycleParts } from './cycle-types.ts';
import { loadView } from './load-view.ts';
import { type OrderRoute, paperRoute } from './order-route.ts';
import { RiskSurroundings } from './risk-surroundings.ts';
import type { ServedPrediction } from './served-outcomes.ts';
import type { DecidingModel } from './serving-model.ts';

/** An open order journal with everything that a daily cycle on this data directory needs. */
export interface TradingSession {
  readonly cycle: CycleParts;
  /** Held by whoever acts on the account in several steps. */
  readonly turn: ActingTurn;
  /** Bytes of an interrupted write that were found at the end of the journal and set aside. */
  readonly repairedBytes: number;
  /** Records since the journal's beginning or its last compaction. */
  readonly journalLength: () => number;
  /** Begins the journal anew with what it adds up to; what was before stays in its archive. */
  compactJournal(): Promise<void>;
  /** What one Ether was worth last: the last price that was asked for, else that of the last decision. */
  readonly markUsd: () => Money | undefined;
  /** Rewrites `trade_history.json` from the journal. */
  writeHistory(): Promise<void>;
  close(): Promise<void>;
}

export interface SessionOptions {
  readonly mode: TradingMode;
  readonly model: () => DecidingModel | undefined;
  /** What models said while they served. */
  readonly served?: () => readonly ServedPrediction[];
  /** The price at which one can trade now; nothing where it is not known. */
  readonly quote: (atMs: TimeMs) => Promise<Quote | undefined>;
  /** The same from a source of its own, where `quote` is what a stream told. */
  readonly secondQuote?: (atMs: TimeMs) => Promise<Quote | undefined>;
  readonly cost?: (notionalUsd: Money, side: OrderSide) => Promise<BookCost | undefined>;
  readonly runId?: string;
}

/** How a data directory is traded unless told otherwise: a sandbox's at its exchange, the real world's as configured. */
export const modeOf = ({ world, config }: AppParts): TradingMode => (world.kind === 'sandbox' ? 'sandbox' : config.mode);

/**
 * Opens the trading state of the data directory. Orders that a crash left half done are looked up first.
 * @throws ConfigError `storage.other_world`, `trade.live_not_confirmed`, `exchange.venue_not_live`
 */
export async function openTradingSession(parts: AppParts, options: SessionOptions): Promise<TradingSession> {
  const { dataDir, config, clock, store } = parts;
  await checkWorld(dataDir, parts.world);
  const turn = new ActingTurn();
  let lastQuote: Quote | undefined;
  const quote: SessionOptions['quote'] = async (atMs) => {
    const told = await options.quote(atMs);
    lastQuote = told ?? lastQuote;
    return told;
  };
  const route = await openRoute(parts, { ...options, quote }, turn);
  const settings = cycleSettings(config, route, options.runId ?? null);
  const market: CycleMarket = {
    view: (decisionTimeMs) => loadView(parts, decisionTimeMs),
    inputs: async () =>
      Object.entries(await store.manifest()).map(([table, { hash }]) => ({ table, series: null, partitions: [hash] })),
    quote,
    ...(options.secondQuote && { secondQuote: options.secondQuote }),
    ...(options.cost && { cost: options.cost }),
  };
  const haltSwitch = new HaltSwitch(join(dataDir, PATHS.halt));
  const isHalted = async () => (await haltSwitch.current()) !== undefined;
  const surroundings = surroundingsOf(parts, { ...options, quote }, route);
  const journal = await FileJournal.open(join(dataDir, PATHS.journal));
  const engine = await TradingEngine.open({
    journal,
    clock,
    connect: route.connect,
    gate: createOrderGate({
      limits: settings.limits,
      feeBps: settings.costs.feeBps,
      isHalted,
      history: () => performance.points,
      context: (intent) => surroundings.now(intent),
    }),
    capitalUsd: config.capitalUsd,
    protection: protectionPolicy(config),
    maxPriceDeviation: settings.limits.maxPriceDeviation,
  });
  const performance = await FilePerformanceLog.open(join(dataDir, PATHS.performance), engine.ledger.equityPoints);
  await recover(engine, (why) => haltSwitch.halt('system', why, clock.nowMs()));
  // A history that an earlier version kept beside the journal.
  await engine.recordEquity(performance.points);
  const decisions = await FileDecisionLog.open(join(dataDir, PATHS.decisions));
  const markUsd = () => {
    const decided = performance.points.at(-1)?.priceUsd;
    return lastQuote?.priceUsd ?? (decided === undefined ? undefined : money(decided));
  };
  return {
    markUsd,
    cycle: {
      settings,
      clock,
      market,
      model: options.model,
      served: options.served ?? (() => []),
      engine,
      route,
      decisions,
      performance,
      noteSurroundings: (context, atMs) => surroundings.note(context, atMs),
      isHalted,
      halt: (why) => haltSwitch.halt('system', why, clock.nowMs()),
    },
    turn,
    repairedBytes: journal.repairedBytes,
    journalLength: () => journal.length,
    compactJournal: () => turn.take(() => engine.whileIdle(() => journal.compact(snapshotLedger(engine.ledger), clock.nowMs()))),
    writeHistory: () => writeTradeHistory(join(dataDir, PATHS.tradeHistory), engine.ledger, markUsd()),
    async close() {
      await engine.close();
      await decisions.close();
      await performance.close();
    },
  };
}

/** Orders on paper fill at the moment of their decision; those at an exchange are looked at again before each is sent. */
const surroundingsOf = ({ clock }: AppParts, { mode, model, quote, cost }: SessionOptions, { marketNow }: OrderRoute) =>
  new RiskSurroundings(marketNow && { mode, clock, model, quote, cost, market: marketNow });

/** What cannot be believed halts trading; the position is held and can be watched and sold all the same. */
async function recover(engine: TradingEngine, halt: (why: string) => Promise<unknown>): Promise<void> {
  try {
    await engine.recover();
  } catch (error) {
    if (!(error instanceof InvariantError)) throw error;
    await halt(`${error.code}: ${error.message}`);
  }
}

async function openRoute(parts: AppParts, { mode, quote }: SessionOptions, turn: ActingTurn): Promise<OrderRoute> {
  if (mode === 'paper' || mode === 'backtest') return paperRoute(parts.config, mode, quote);
  if (mode === 'live' && parts.liveAccount === undefined) {
    throw new ConfigError('trade.live_not_confirmed', 'the configuration says live, and this run does not', {
      hint: 'Say --live --i-understand ACCOUNT with the number of the account, or set mode to paper.',
    });
  }
  const { venue } = parts.config.exchange;
  const why = mode === 'live' ? whyNotLive(venue) : undefined;
  if (why !== undefined) {
    throw new ConfigError('exchange.venue_not_live', why, {
      details: { venue, liveVenues: LIVE_VENUES },
      hint: 'docs/trading-safety.md says what is missing. Set exchange.venue to binance, or mode to paper.',
    });
  }
  const { openExchangeRoute } = await import('./exchange-route.ts');
  return openExchangeRoute(parts, mode, async () => (await quote(parts.clock.nowMs()))?.priceUsd, turn);
}
