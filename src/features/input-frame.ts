import { AsOfCursor, DataError, type Frame, HOUR_MS, type KnownSeries, type TimeMs } from '../domain/index.ts';
import { byPreference, isBarSeries } from './choose-canonical.ts';
import { type CustomColumn, customInputName } from './custom-column.ts';
import { BAR_INPUTS } from './decision-bar.ts';
import { buildDecisionBars } from './decision-bars.ts';
import { assertDaily } from './decision-times.ts';
import { INPUT_SOURCES, type InputDefinition, type InputSource, matches } from './input-sources.ts';
import { NOTHING, readInput } from './read-input.ts';

/** Datasets whose age is an input of its own, in hours: `blockchain_data_age_hours` and so on. */
const JOINED_DATASETS = ['blockchain_data', 'validator_data', 'whale_data', 'sentiment_data'] as const;

/** Names of the inputs that every frame has, in order; a frame with custom columns has more. */
export const INPUT_NAMES: readonly string[] = [
  ...BAR_INPUTS,
  ...INPUT_SOURCES.map((input) => input.name),
  ...JOINED_DATASETS.map((dataset) => `${dataset}_age_hours`),
];

/**
 * Everything that features are made from: one row for each decision time, a day apart, holding what was known then.
 * A row never changes when more data comes, so a frame over a shorter range is a piece of one over a longer range.
 */
export interface InputFrame extends Frame {
  /** 1: the day's bar does not suffice for a decision. */
  readonly suspect: Uint8Array;
  /** 1: the day's bar comes from another source than the canonical one, converted. */
  readonly fallback: Uint8Array;
  readonly canonical: string;
  readonly custom: readonly CustomColumn[];
}

export interface InputFrameOptions {
  /** Name of the canonical price series, as `chooseCanonical` gives it. */
  readonly canonical: string;
  /** Numeric columns of the user's own datasets. */
  readonly custom?: readonly CustomColumn[];
}

interface JoinedInput {
  readonly definition: InputDefinition;
  readonly candidates: readonly { readonly source: InputSource; readonly cursor: AsOfCursor }[];
}

/**
 * Joins decision bars and all other datasets as known at each decision time.
 * @param series every stored series of every dataset that may be read
 * @throws DataError `features.canonical_missing`, `features.times_not_daily`, `features.price_spacing`
 */
export function buildInputFrame(
  series: readonly KnownSeries[],
  decisionTimesMs: ArrayLike<TimeMs>,
  options: InputFrameOptions,
): InputFrame {
  assertDaily(decisionTimesMs);
  const prices = series.filter((one) => one.dataset === 'price_data');
  const canonical = prices.find((price) => price.series === options.canonical);
  if (canonical === undefined) {
    throw new DataError('features.canonical_missing', `the price series ${options.canonical} is not stored`, {
      details: { stored: prices.map((price) => price.series) },
      hint: 'Import or extract it, or set price.canonical to a stored series.',
    });
  }
  const fallbacks = prices.filter((price) => price !== canonical && isBarSeries(price)).toSorted(byPreference);
  const bars = buildDecisionBars(canonical, decisionTimesMs, fallbacks);
  const columns: Record<string, Float64Array> = { ...bars.columns };
  joinInputs(series, decisionTimesMs, columns);
  for (const column of options.custom ?? []) columns[customInputName(column)] = joinCustom(series, column, decisionTimesMs);
  return {
    timeMs: bars.timeMs,
    columns,
    suspect: bars.suspect,
    fallback: bars.fallback,
    canonical: canonical.series,
    custom: options.custom ?? [],
  };
}

function joinInputs(series: readonly KnownSeries[], timesMs: ArrayLike<TimeMs>, columns: Record<string, Float64Array>): void {
  const rows = timesMs.length;
  const cursors = new Map<KnownSeries, AsOfCursor>();
  const cursorOf = (one: KnownSeries): AsOfCursor => {
    const cursor = cursors.get(one) ?? new AsOfCursor(one);
    cursors.set(one, cursor);
    return cursor;
  };
  const joined: JoinedInput[] = INPUT_SOURCES.map((definition) => ({
    definition,
    candidates: definition.sources.flatMap((source) =>
      series
        .filter((one) => one.dataset === definition.dataset && matches(source, one))
        .map((one) => ({ source, cursor: cursorOf(one) })),
    ),
  }));
  for (const { definition } of joined) columns[definition.name] = new Float64Array(rows);
  for (const dataset of JOINED_DATASETS) columns[`${dataset}_age_hours`] = new Float64Array(rows).fill(Number.NaN);
  for (let i = 0; i < rows; i++) {
    const atMs = timesMs[i]!;
    for (const cursor of cursors.values()) cursor.moveTo(atMs);
    for (const { definition, candidates } of joined) {
      let read = NOTHING;
      for (const { source, cursor } of candidates) {
        read = readInput(cursor, source, atMs);
        if (!Number.isNaN(read.value)) break;
      }
      columns[definition.name]![i] = read.value;
      if (Number.isNaN(read.value)) continue;
      const age = columns[`${definition.dataset}_age_hours`]!;
      if (!(age[i]! <= read.ageHours)) age[i] = read.ageHours;
    }
  }
}

function joinCustom(series: readonly KnownSeries[], column: CustomColumn, timesMs: ArrayLike<TimeMs>): Float64Array {
  const values = new Float64Array(timesMs.length).fill(Number.NaN);
  const maxAgeMs = (column.maxAgeHours ?? 72) * HOUR_MS;
  const found = series.filter((one) => one.dataset === column.dataset && one.numbers[column.column] !== undefined);
  for (const one of found) {
    const cursor = new AsOfCursor(one);
    for (let i = 0; i < timesMs.length; i++) {
      cursor.moveTo(timesMs[i]!);
      if (!Number.isNaN(values[i]!) || cursor.newest() < 0 || cursor.newestAgeMs() > maxAgeMs) continue;
      values[i] = one.numbers[column.column]![cursor.newest()]!;
    }
  }
  return values;
}
