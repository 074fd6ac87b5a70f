import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { DAY_MS, HOUR_MS, type TimeMs, toIso } from '../../src/domain/index.ts';
import type { Drill, SentAlert } from '../drills/drill.fixture.ts';

export interface RecordedRun {
  readonly job: string;
  readonly dueMs: TimeMs;
  readonly endedMs: TimeMs;
  readonly outcome: string;
  readonly message: string | null;
}

interface DecisionLine {
  readonly decisionTimeMs: TimeMs;
  readonly dataCutoffRecordedMs: TimeMs;
  readonly conditions: { readonly isExchangeUp: boolean | null };
  readonly dataVerdicts: readonly { readonly dataset: string; readonly verdict: string }[];
}

/** How far each source had been read, before a decision's due time; negative where it was read beyond. */
type Lags = ReadonlyMap<string, number>;

/** An alert is not sent again for so long (`notifications.repeatAfterHours`), and clocks differ by a little. */
const REPEAT_MS = 6 * HOUR_MS;
/** A decision that comes later is missed (`schedule.decisionLateHours`), and an hour for what it takes. */
const LATE_MS = 7 * HOUR_MS;
const DATASETS = [
  ['yahoo:', 'price_data'],
  ['binance:', 'price_data'],
  ['whale_alert', 'whale_data'],
  ['beacon:', 'validator_data'],
  ['node:', 'blockchain_data'],
  ['alternative_me:', 'sentiment_data'],
] as const;
const BAD_ENDS: ReadonlySet<string> = new Set(['REJECTED', 'NOT_SENT', 'NOT_FOUND']);
/** A chain's newest final block comes a block sooner or later. */
const LAG_TOLERANCE_MS = 2 * HOUR_MS;
/** In the short time that drills give a source, transfers are read when several days of them are missing. */
const WHALE_LAG_TOLERANCE_MS = 7 * DAY_MS;

/**
 * What the data directory says somebody has to be told, gathered while the daemon runs because some of it is kept for a
 * time only: announcements of the outbox, runs of the schedule, how far each source was read at each decision.
 */
export class ToldRecord {
  readonly #drill: Drill;
  readonly #announced = new Map<string, { readonly key: string; readonly atMs: TimeMs }>();
  readonly #runs = new Map<string, RecordedRun>();
  readonly #lags = new Map<TimeMs, Lags>();
  readonly #torn = new Map<string, TimeMs>();
  readonly #seen = new Map<string, string>();
  #decisions: readonly DecisionLine[] = [];

  constructor(drill: Drill) {
    this.#drill = drill;
  }

  get decisions(): readonly DecisionLine[] {
    return this.#decisions;
  }

  /** Every run that the schedule has recorded, in the order of its due time. */
  get runs(): readonly RecordedRun[] {
    return [...this.#runs.values()].sort((a, b) => a.dueMs - b.dueMs);
  }

  get announcements(): number {
    return this.#announced.size;
  }

  /** Days on which a source was not read as far as it can be. */
  get failingSourceDays(): number {
    return [...this.#failingDays()].length;
  }

  /** Reads what has changed since the last look. */
  look(): void {
    if (this.#hasChanged('outbox.json')) this.#lookAtOutbox();
    if (this.#hasChanged('schedule.json')) this.#lookAtSchedule();
    if (this.#hasChanged('trades/decisions.ndjson')) this.#lookAtDecisions();
    for (const name of this.#journalFiles('.torn'))
      if (!this.#torn.has(name)) this.#torn.set(name, this.#drill.sandbox.clock.nowMs());
  }

  /** Everything that was to be told, and that none of these alerts tells. */
  untold(alerts: readonly SentAlert[]): string[] {
    return [
      ...this.#untoldAnnouncements(alerts),
      ...this.#untoldRuns(alerts),
      ...this.#untoldSources(alerts),
      ...this.#untoldConditions(alerts),
      ...this.#untoldDifferences(alerts),
      ...this.#untoldOrders(alerts),
      ...[...this.#torn].flatMap(([name, atMs]) =>
        alerts.some((one) => one.name === 'journal_repaired' && isNear(one.atMs, atMs)) ? [] : [`${name} was set aside`],
      ),
    ];
  }

  #lookAtOutbox(): void {
    const { announcedMs, waiting } = this.#json('outbox.json') as {
      announcedMs: Record<string, { lastMs: TimeMs }>;
      waiting: { alert: { key: string; atMs: TimeMs } }[];
    };
    for (const [key, { lastMs }] of Object.entries(announcedMs)) this.#announced.set(`${key} ${lastMs}`, { key, atMs: lastMs });
    for (const { alert } of waiting) this.#announced.set(`${alert.key} ${alert.atMs}`, alert);
  }

  #lookAtSchedule(): void {
    const { runs } = this.#json('schedule.json') as { runs: RecordedRun[] };
    for (const run of runs) this.#runs.set(`${run.job} ${run.dueMs}`, run);
  }

  #lookAtDecisions(): void {
    this.#decisions = this.#drill.decisions() as unknown as DecisionLine[];
    const last = this.#decisions.at(-1);
    if (last !== undefined && !this.#lags.has(last.decisionTimeMs))
      this.#lags.set(last.decisionTimeMs, this.#lagsAt(last.decisionTimeMs));
  }

  #lagsAt(dueMs: TimeMs): Lags {
    const { complete } = this.#json('raw/extraction-state.json') as {
      complete: Record<string, { startMs: TimeMs; endMs: TimeMs }[]>;
    };
    return new Map(
      Object.entries(complete).map(([source, ranges]) => [source, dueMs - Math.max(...ranges.map(({ endMs }) => endMs))]),
    );
  }

  /** Sources at a decision that were not read as far as they are on most days. */
  *#failingDays(): Generator<{ readonly dueMs: TimeMs; readonly sources: readonly string[] }> {
    const usual = new Map<string, number>();
    for (const source of new Set([...this.#lags.values()].flatMap((lags) => [...lags.keys()])))
      usual.set(source, median([...this.#lags.values()].flatMap((lags) => lags.get(source) ?? [])));
    for (const [dueMs, lags] of this.#lags) {
      const sources = [...lags]
        .filter(([source, lag]) => lag > usual.get(source)! + toleranceOf(source))
        .map(([source]) => source);
      if (sources.length > 0) yield { dueMs, sources };
    }
  }

  #untoldAnnouncements(alerts: readonly SentAlert[]): string[] {
    const told = new Set(alerts.map(({ key, atMs }) => `${key} ${atMs}`));
    return [...this.#announced].flatMap(([id, { key, atMs }]) => (told.has(id) ? [] : [`${key} announced at ${toIso(atMs)}`]));
  }

  #untoldRuns(alerts: readonly SentAlert[]): string[] {
    return this.runs.flatMap(({ job, dueMs, outcome }) => {
      if (outcome === 'done') return [];
      const name = outcome === 'missed' ? 'job_missed' : `${job}_failed`;
      const isTold = alerts.some((one) => one.name === name && one.title.includes(`${job} of ${toIso(dueMs)}`));
      return isTold ? [] : [`${job} of ${toIso(dueMs)}: ${outcome}`];
    });
  }

  #untoldSources(alerts: readonly SentAlert[]): string[] {
    return [...this.#failingDays()].flatMap(({ dueMs, sources }) => {
      const told = new Set(alerts.filter(({ atMs }) => isOfDecision(atMs, dueMs)).map(({ key }) => key));
      if (told.has('extraction_failed:deadline')) return [];
      const untold = sources.filter((source) => !told.has(`extraction_failed:${datasetOf(source)}`));
      return untold.map((source) => `${source} was not read before the decision of ${toIso(dueMs)}`);
    });
  }

  /** An exchange that was away at a decision, prices that were too old for it. */
  #untoldConditions(alerts: readonly SentAlert[]): string[] {
    return this.#decisions.flatMap(({ decisionTimeMs: dueMs, conditions, dataVerdicts }) => {
      const ofDecision = alerts.filter(({ atMs }) => isOfDecision(atMs, dueMs));
      const has = (...names: string[]) => ofDecision.some(({ name }) => names.includes(name));
      const prices = dataVerdicts.find(({ dataset }) => dataset === 'price_data')?.verdict;
      return [
        ...(conditions.isExchangeUp === false && !has('exchange_down') ? [`the exchange was away at ${toIso(dueMs)}`] : []),
        ...((prices === 'stale' || prices === 'missing') && !has('data_stale', 'extraction_failed')
          ? [`prices were ${prices} at ${toIso(dueMs)}`]
          : []),
      ];
    });
  }

  #untoldDifferences(alerts: readonly SentAlert[]): string[] {
    const titles = alerts.filter(({ name }) => name === 'exchange_differs').map(({ title }) => title);
    const lines = this.#journalLines('"reconciliation"');
    const differences = lines.flatMap((line) => {
      const { record } = JSON.parse(line) as { record: { differences?: { kind: string; subject: string; action?: string }[] } };
      return record.differences ?? [];
    });
    return differences.flatMap(({ kind, subject, action = 'shown' }) =>
      titles.some((title) => title.startsWith(`${kind} ${subject},`) && title.endsWith(action))
        ? []
        : [`${kind} ${subject}: ${action}`],
    );
  }

  #untoldOrders(alerts: readonly SentAlert[]): string[] {
    const told = alerts.map(({ title }) => title).join('\n');
    return this.#journalLines('"order_state"').flatMap((line) => {
      const { record } = JSON.parse(line) as { record: { clientOrderId: string; state: string } };
      const text = `order ${record.clientOrderId}: ${record.state}`;
      return BAD_ENDS.has(record.state) && !told.includes(text) ? [text] : [];
    });
  }

  #journalLines(word: string): string[] {
    return this.#journalFiles('.ndjson').flatMap((name) =>
      readFileSync(this.#drill.path(`trades/journal/${name}`), 'utf8')
        .split('\n')
        .filter((line) => line.endsWith('}') && line.includes(word)),
    );
  }

  #journalFiles(ending: string): string[] {
    const folder = this.#drill.path('trades/journal');
    return existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(ending)) : [];
  }

  #hasChanged(name: string): boolean {
    const stat = statSync(this.#drill.path(name), { throwIfNoEntry: false });
    const now = stat === undefined ? '' : `${stat.mtimeMs} ${stat.size} ${stat.ino}`;
    const before = this.#seen.get(name) ?? '';
    this.#seen.set(name, now);
    return now !== before;
  }

  #json(name: string): unknown {
    return JSON.parse(readFileSync(this.#drill.path(name), 'utf8'));
  }
}

/** The dataset of a source, by the name that its progress is written down under. */
function datasetOf(source: string): string {
  const dataset = DATASETS.find(([start]) => source.startsWith(start))?.[1];
  if (dataset === undefined) throw new Error(`${source} is of no known dataset`);
  return dataset;
}

const toleranceOf = (source: string) => (datasetOf(source) === 'whale_data' ? WHALE_LAG_TOLERANCE_MS : LAG_TOLERANCE_MS);
const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
const isNear = (oneMs: TimeMs, otherMs: TimeMs): boolean => Math.abs(oneMs - otherMs) <= REPEAT_MS;
const isOfDecision = (atMs: TimeMs, dueMs: TimeMs): boolean => atMs >= dueMs - REPEAT_MS && atMs <= dueMs + LATE_MS;
