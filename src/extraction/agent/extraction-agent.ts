import { setMaxListeners } from 'node:events';
import {
  type Clock,
  DATASET_NAMES,
  DAY_MS,
  type DatasetName,
  type RowBatch,
  SourceError,
  startOfDayMs,
  type TimeMs,
  type Timer,
} from '../../domain/index.ts';
import type { SourceExtractor, TimeRange } from '../source-extractor.ts';
import { DataValidator, type QuarantinedRow } from '../validation/index.ts';
import { type DayReport, dateOf, reportDay } from './day-report.ts';
import { estimateRange, type SourceEstimate } from './estimate.ts';
import { ExtractionState } from './extraction-state.ts';
import { runSource } from './source-run.ts';
import type { TimeRanges } from './time-ranges.ts';

/** All that extraction needs of the storage. */
export interface ExtractionStore {
  append(batches: readonly RowBatch[]): Promise<unknown>;
  quarantine(rows: readonly QuarantinedRow[]): Promise<unknown>;
  /** Series that hold rows. */
  listSeries(): Promise<readonly { readonly series: string }[]> | readonly { readonly series: string }[];
}

export interface ExtractionAgentDeps {
  readonly store: ExtractionStore;
  readonly clock: Clock;
  readonly timer: Timer;
  /** Configured sources; a dataset without one is reported as such. */
  readonly extractors: readonly SourceExtractor[];
  /** Where it is written which ranges are complete. */
  readonly stateFile: string;
  /** Process time for one day of one source; 60 s unless told. */
  readonly sourceDayTimeoutMs?: number;
  /** Process time for a run over one day; 150 s unless told. */
  readonly dayTimeoutMs?: number;
}

/** How far a run is: days of sources done, of all. */
export interface ExtractionProgress {
  readonly done: number;
  readonly total: number;
  readonly source: string;
}

/** One source in one run, with how long it took in process time. */
export interface SourceRunNote {
  readonly source: string;
  readonly isFailed: boolean;
  readonly durationMs: number;
}

export interface RunOptions {
  /** False asks again for what is complete already; true unless told. */
  readonly resume?: boolean;
  readonly onProgress?: (progress: ExtractionProgress) => void;
  /** Told of each source when it is done. */
  readonly onSource?: (run: SourceRunNote) => void;
  /** Only these; all of them unless told. */
  readonly datasets?: readonly DatasetName[];
  /** Ends the run early; what is stored stays. */
  readonly signal?: AbortSignal;
}

export interface ExtractionReport {
  readonly days: readonly DayReport[];
}

/** Share of the deadline of a one-day run left to the sources; the rest is for storing and reporting. */
const SOURCES_SHARE = 0.9;
/** Share of a source's time for a day that it waits for prices at most. */
const PRICES_SHARE = 1 / 3;
const DAILY_LOOKBACK_DAYS = 14;

/**
 * Asks all sources in parallel for one day, a range, or what is missing, and stores what came, validated. A source that
 * fails is reported and takes nobody with it; running twice changes nothing.
 */
export class ExtractionAgent {
  readonly #deps: Required<ExtractionAgentDeps>;
  readonly #validator = new DataValidator();
  #state: ExtractionState | undefined;

  constructor(deps: ExtractionAgentDeps) {
    this.#deps = { sourceDayTimeoutMs: 60_000, dayTimeoutMs: 150_000, ...deps };
  }

  /** The UTC day that holds `dateMs`: its closed hours, where it is not over. It ends within the one-day deadline. */
  async extractDay(dateMs: TimeMs, options: RunOptions = {}): Promise<ExtractionReport> {
    return this.backfill(dateMs, dateMs, options);
  }

  /** Every day from `startMs`'s to `endMs`'s, both included. @throws DataError where the state or the store fails */
  async backfill(startMs: TimeMs, endMs: TimeMs, options: RunOptions = {}): Promise<ExtractionReport> {
    const range = { startMs: startOfDayMs(startMs), endMs: startOfDayMs(endMs) + DAY_MS };
    const days = (range.endMs - range.startMs) / DAY_MS;
    const limitMs = this.#deps.dayTimeoutMs * SOURCES_SHARE * Math.max(1, days);
    const controller = new AbortController();
    setMaxListeners(0, controller.signal);
    const late = () => new SourceError('extract.deadline', `the run was not done within ${Math.round(limitMs / 1_000)} s`);
    const stop = () => controller.abort(options.signal?.reason);
    options.signal?.addEventListener('abort', stop, { once: true });
    if (options.signal?.aborted) stop();
    const done = new AbortController();
    this.#deps.timer.sleep(limitMs, done.signal).then(
      () => controller.abort(late()),
      () => undefined,
    );
    try {
      return await this.#run(range, options, controller, done.signal);
    } finally {
      done.abort();
      options.signal?.removeEventListener('abort', stop);
    }
  }

  /** What a backfill of these days would ask for; nothing is sent. */
  async estimate(startMs: TimeMs, endMs: TimeMs): Promise<SourceEstimate[]> {
    const range = { startMs: startOfDayMs(startMs), endMs: startOfDayMs(endMs) + DAY_MS };
    return estimateRange(range, this.#deps.extractors, await this.#openState(true));
  }

  /** The configured sources and what is complete of each. */
  async listSources(): Promise<{ dataset: DatasetName; source: string; complete: TimeRanges }[]> {
    const state = await this.#openState(true);
    return this.#deps.extractors.map(({ dataset, name }) => ({ dataset, source: name, complete: state.completeRanges(name) }));
  }

  /** What is missing up to `nowMs`, as the daily cycle wants it: the last two weeks and today's closed hours. */
  async extractUntil(nowMs: TimeMs, options: RunOptions = {}): Promise<ExtractionReport> {
    return this.backfill(nowMs - DAILY_LOOKBACK_DAYS * DAY_MS, nowMs, options);
  }

  async #run(range: TimeRange, options: RunOptions, run: AbortController, over: AbortSignal): Promise<ExtractionReport> {
    const { clock, timer, sourceDayTimeoutMs } = this.#deps;
    const isWanted = (dataset: DatasetName) => options.datasets?.includes(dataset) ?? true;
    const extractors = this.#deps.extractors.filter(({ dataset }) => isWanted(dataset));
    const state = await this.#openState(options.resume ?? true);
    const nowMs = clock.nowMs();
    const total = extractors.length * Math.round((range.endMs - range.startMs) / DAY_MS);
    let done = 0;
    const onPiece = (source: string, days: number) => {
      done += days;
      options.onProgress?.({ done, total, source });
    };
    const store = async (batches: readonly RowBatch[]) => {
      try {
        await this.#store(batches, nowMs);
      } catch (error) {
        run.abort(error);
        throw error;
      }
    };
    const { signal } = run;
    const start = async (extractor: SourceExtractor, pricesSettled: Promise<void>) => {
      const context = { state, timer, nowMs, signal, pricesSettled, sourceDayTimeoutMs, store, onPiece };
      const startedMs = timer.elapsedMs();
      const outcome = await runSource(extractor, range, context);
      const durationMs = timer.elapsedMs() - startedMs;
      options.onSource?.({ source: extractor.name, isFailed: outcome.failures.length > 0, durationMs });
      return { dataset: extractor.dataset, outcome };
    };
    const isPrice = ({ dataset }: SourceExtractor) => dataset === 'price_data';
    const prices = extractors.filter(isPrice).map((extractor) => start(extractor, Promise.resolve()));
    const waited = timer.sleep(sourceDayTimeoutMs * PRICES_SHARE, AbortSignal.any([signal, over])).catch(() => undefined);
    const pricesSettled = Promise.race([waited, Promise.allSettled(prices).then(() => undefined)]);
    const others = extractors.filter((extractor) => !isPrice(extractor)).map((extractor) => start(extractor, pricesSettled));
    const settled = await Promise.allSettled([...prices, ...others]);
    const outcomes = settled.map((result) => {
      if (result.status === 'rejected') throw result.reason;
      return result.value;
    });
    const datasets: DatasetName[] = [
      ...new Set([...DATASET_NAMES.filter(isWanted), ...extractors.map(({ dataset }) => dataset)]),
    ];
    const days: DayReport[] = [];
    for (let dayMs = range.startMs; dayMs < range.endMs; dayMs += DAY_MS) {
      const of = (dataset: DatasetName) => outcomes.filter((entry) => entry.dataset === dataset).map(({ outcome }) => outcome);
      days.push({ date: dateOf(dayMs), datasets: datasets.map((dataset) => reportDay(dataset, dayMs, of(dataset))) });
    }
    return { days };
  }

  /** The state, without series that the store does not have: their rows were taken away. */
  async #openState(resume: boolean): Promise<ExtractionState> {
    this.#state ??= await ExtractionState.open(this.#deps.stateFile);
    const stored = new Set((await this.#deps.store.listSeries()).map(({ series }) => series));
    for (const { name, series } of this.#deps.extractors) {
      if (!resume || !series.some((one) => stored.has(one))) this.#state.forget(name);
    }
    return this.#state;
  }

  async #store(batches: readonly RowBatch[], nowMs: TimeMs): Promise<void> {
    const verdicts = batches.map((batch) => this.#validator.validateBatch(batch, { nowMs }));
    const rejected = verdicts.flatMap((verdict) => verdict.rejected);
    if (rejected.length > 0) await this.#deps.store.quarantine(rejected);
    const accepted = verdicts.map((verdict) => verdict.accepted).filter((batch) => batch.timeMs.length > 0);
    if (accepted.length > 0) await this.#deps.store.append(accepted);
  }
}
