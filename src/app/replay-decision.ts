import { join } from 'node:path';
import { DataError, ManualClock, money, type TimeMs, toIso } from '../domain/index.ts';
import type { ModelRegistry } from '../model/index.ts';
import {
  type DecisionRecord,
  filtersFromTexts,
  type JournalEntry,
  MemoryDecisionLog,
  MemoryJournal,
  MemoryPerformanceLog,
  readJournal,
  readPerformanceLog,
  TradingEngine,
} from '../trading/index.ts';
import { type AppParts, PATHS } from './app-parts.ts';
import { cycleSettings } from './cycle-settings.ts';
import type { CycleParts } from './cycle-types.ts';
import { decideAt } from './daily-cycle.ts';
import { findDecision } from './find-decision.ts';
import { loadView } from './load-view.ts';
import { paperRoute } from './order-route.ts';
import { openPredictionHistory } from './prediction-history.ts';
import { serving } from './registry-model-store.ts';

/** One field in which the decision made again differs from the recorded one. */
export interface ReplayDifference {
  readonly path: string;
  readonly recorded: unknown;
  readonly again: unknown;
}

export interface ReplayResult {
  readonly decisionId: string;
  readonly identical: boolean;
  /** Whether the configuration is another one than then; it counts as a difference only where it makes one. */
  readonly isConfigChanged: boolean;
  readonly differences: readonly ReplayDifference[];
  /** Series that retention took rows from after the decision: where they differ, this may be why. */
  readonly droppedSince: readonly DroppedSince[];
}

/** Rows that a decision may have seen and that are gone. */
export interface DroppedSince {
  readonly dataset: string;
  readonly series: string;
  /** Rows that ended before are gone. */
  readonly beforeMs: TimeMs;
}

/** Differences beyond these are not listed: one changed input moves hundreds of features. */
const MAX_DIFFERENCES = 100;

/**
 * Makes a recorded decision again: rows recorded until it read, its model, the account as the journal had it, its price
 * and the venue's rules of then. Changes nothing.
 * @throws ConfigError `replay.no_such_decision`, `registry.no_such_model`; DataError `replay.rows_dropped`
 */
export async function replayDecision(parts: AppParts, registry: ModelRegistry, decisionId: string): Promise<ReplayResult> {
  const record = await findDecision(parts, decisionId);
  const { decisionTimeMs } = record;
  const dropped = await droppedSince(parts, record);
  const view = await loadView(parts, decisionTimeMs, { kind: 'research', recordedUntilMs: record.dataCutoffRecordedMs });
  const cycle = await cycleOfThen(parts, registry, record);
  const again = await decideAt(cycle, view, decisionId, decisionTimeMs, record.conditions.isExchangeUp ?? undefined).catch(
    (cause: unknown) => {
      const [first] = dropped;
      if (!(cause instanceof DataError) || first === undefined) throw cause;
      throw new DataError('replay.rows_dropped', `rows that the decision was made from are gone: ${nameOf(first)}`, {
        hint: 'retention.tables had them dropped. Restore a backup of before into another folder, and replay there.',
        details: { dropped },
        cause,
      });
    },
  );
  const { configHash } = again;
  const differences = compare(
    asJson({
      predictionSet: again.predictionSet,
      ...record,
      configHash,
      conditions: { marketStatus: again.conditions.marketStatus, ...record.conditions },
    }),
    asJson(again),
    '',
  );
  return {
    decisionId,
    identical: differences.length === 0,
    isConfigChanged: configHash !== record.configHash,
    differences: differences.slice(0, MAX_DIFFERENCES),
    droppedSince: differences.length === 0 ? [] : dropped,
  };
}

async function droppedSince({ store }: AppParts, { decisionTimeMs, dataCutoffRecordedMs }: DecisionRecord) {
  const marks = await store.readDropped();
  const later = marks.filter(({ atMs, beforeMs }) => atMs > dataCutoffRecordedMs || beforeMs > decisionTimeMs);
  return later.map(({ dataset, series, beforeMs }): DroppedSince => ({ dataset, series, beforeMs }));
}

const nameOf = ({ dataset, series, beforeMs }: DroppedSince): string => `${dataset} ${series} before ${toIso(beforeMs)}`;

async function cycleOfThen(parts: AppParts, registry: ModelRegistry, record: DecisionRecord): Promise<CycleParts> {
  const { dataDir, config } = parts;
  const model = record.modelId === null ? undefined : serving(await registry.load(record.modelId));
  const { priceUsd } = record.sizing;
  const quote = async () => (priceUsd === null ? undefined : { priceUsd: money(priceUsd), atMs: record.dataCutoffRecordedMs });
  const route = {
    ...paperRoute(config, 'paper', quote),
    mode: record.mode,
    market: () => ({
      filters: filtersFromTexts(record.conditions.filters),
      status: record.conditions.marketStatus ?? ('trading' as const),
    }),
  };
  const clock = new ManualClock(record.dataCutoffRecordedMs);
  const { entries } = await readJournal(join(dataDir, PATHS.journal));
  const journal = new MemoryJournal();
  await journal.append(entriesBefore(entries, record).map((entry) => entry.record));
  const performance = new MemoryPerformanceLog();
  for (const point of await readPerformanceLog(join(dataDir, PATHS.performance))) {
    if (point.timeMs < record.decisionTimeMs) await performance.record(point);
  }
  const { served } = await openPredictionHistory(parts.dataDir);
  return {
    settings: cycleSettings(config, route, record.runId),
    clock,
    market: {
      view: () => loadView(parts, record.decisionTimeMs),
      inputs: async () => [...record.inputs],
      quote,
      cost: async () => costOf(record),
    },
    model: () => model,
    served: () => served.predictions.filter(({ recordedMs }) => recordedMs < record.dataCutoffRecordedMs),
    engine: await TradingEngine.open({
      journal,
      clock,
      connect: route.connect,
      gate: () => [],
      capitalUsd: config.capitalUsd,
    }),
    route,
    decisions: new MemoryDecisionLog(),
    performance,
    noteSurroundings: () => undefined,
    isHalted: async () => record.conditions.isHalted,
    halt: async () => undefined,
  };
}

const costOf = ({ conditions: { cost } }: DecisionRecord) =>
  cost === null ? undefined : { ...cost, slippageBps: cost.slippageBps ?? Number.POSITIVE_INFINITY };

/** What the journal held when the decision was made. */
function entriesBefore(entries: readonly JournalEntry[], { decisionId, dataCutoffRecordedMs }: DecisionRecord): JournalEntry[] {
  const taken = entries.findIndex(({ record }) => record.type === 'decision_taken' && record.decisionId === decisionId);
  return taken >= 0 ? entries.slice(0, taken) : entries.filter(({ record }) => record.atMs <= dataCutoffRecordedMs);
}

const asJson = (record: DecisionRecord): unknown => JSON.parse(JSON.stringify(record));

/** Paths at which two JSON values differ. */
function compare(recorded: unknown, again: unknown, path: string): ReplayDifference[] {
  if (Object.is(recorded, again)) return [];
  if (!isObject(recorded) || !isObject(again)) return [{ path, recorded, again }];
  const names = [...new Set([...Object.keys(recorded), ...Object.keys(again)])];
  return names.flatMap((name) => compare(recorded[name], again[name], path === '' ? name : `${path}.${name}`));
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
