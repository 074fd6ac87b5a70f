import { join } from 'node:path';
import { ConfigError, money, type TimeMs } from '../domain/index.ts';
import {
  createOrderGate,
  FileDecisionLog,
  FileJournal,
  FilePerformanceLog,
  HaltSwitch,
  PaperBroker,
  type Quote,
  type QuoteSource,
  TradingEngine,
  writeTradeHistory,
} from '../trading/index.ts';
import { type AppParts, PATHS } from './app-parts.ts';
import { cycleSettings, protectionPolicy } from './cycle-settings.ts';
import type { CycleMarket, CycleParts } from './cycle-types.ts';
import { loadView } from './load-view.ts';
import type { ServingModel } from './serving-model.ts';

/** An open order journal with everything that a daily cycle on this data directory needs. */
export interface TradingSession {
  readonly cycle: CycleParts;
  /** Rewrites `trade_history.json` from the journal. */
  writeHistory(): Promise<void>;
  close(): Promise<void>;
}

export interface SessionOptions {
  readonly model: () => ServingModel | undefined;
  /** The price at which one can trade now; nothing where it is not known. */
  readonly quote: (atMs: TimeMs) => Promise<Quote | undefined>;
  readonly runId?: string;
}

/** Opens the trading state of the data directory on paper. Orders that a crash left half done are settled first. */
export async function openTradingSession(parts: AppParts, options: SessionOptions): Promise<TradingSession> {
  const { dataDir, config, clock, store } = parts;
  if (config.mode === 'live')
    throw new ConfigError('trade.live_not_in_this_version', 'live trading: not in this version', { hint: 'Set mode to paper.' });
  const settings = cycleSettings(config, 'paper', options.runId ?? null);
  const market: CycleMarket = {
    view: (decisionTimeMs) => loadView(parts, decisionTimeMs),
    inputs: async () =>
      Object.entries(await store.manifest()).map(([table, { hash }]) => ({ table, series: null, partitions: [hash] })),
    quote: options.quote,
  };
  const quotes: QuoteSource = {
    quote: (intent) =>
      intent.triggerPriceUsd === undefined
        ? market.quote(intent.plannedAtMs)
        : { priceUsd: money(intent.triggerPriceUsd), atMs: intent.plannedAtMs },
  };
  const halt = new HaltSwitch(join(dataDir, PATHS.halt));
  const isHalted = async () => (await halt.current()) !== undefined;
  const journal = await FileJournal.open(join(dataDir, PATHS.journal));
  const engine = await TradingEngine.open({
    journal,
    clock,
    connect: (account) => new PaperBroker({ ...config.costs, filters: settings.filters, quotes }, account),
    gate: createOrderGate({ limits: settings.limits, isHalted }),
    capitalUsd: config.capitalUsd,
    protection: protectionPolicy(config),
  });
  await engine.recover();
  const decisions = await FileDecisionLog.open(join(dataDir, PATHS.decisions));
  const performance = await FilePerformanceLog.open(join(dataDir, PATHS.performance));
  return {
    cycle: {
      settings,
      clock,
      market,
      model: options.model,
      engine,
      decisions,
      performance,
      isHalted: async () => (await halt.current()) !== undefined,
    },
    writeHistory: () => writeTradeHistory(join(dataDir, PATHS.tradeHistory), engine.ledger),
    async close() {
      await engine.close();
      await decisions.close();
      await performance.close();
    },
  };
}
