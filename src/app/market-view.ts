import {
  DAY_MS,
  DataError,
  type KnownSeries,
  lastAtOrBefore,
  type Matrix,
  type Money,
  money,
  type TimeMs,
  upperBound,
} from '../domain/index.ts';
import {
  buildInputFrame,
  type CanonicalChoice,
  type CustomColumn,
  chooseCanonical,
  dailyDecisionTimes,
  engineerFeatures,
  type FeatureFrame,
  knownDailyVolatility,
  type Labels,
  makeLabels,
} from '../features/index.ts';
import { type TrainingSet, UNKNOWN_LABEL } from '../model/index.ts';
import type { Quote } from '../trading/index.ts';

export interface MarketViewOptions {
  readonly decisionHourUtc: number;
  /** `auto`, or the name of a series. */
  readonly canonical: string;
  readonly trainDays: number;
  readonly horizonMs: number;
  readonly bandK: number;
  /** Fees and slippage of entering and leaving, as a fraction. */
  readonly roundTripCost: number;
  /** Columns of own datasets that become features. */
  readonly custom?: readonly CustomColumn[];
  /** By dataset, the age from which it counts as stale; others have the usual one. */
  readonly staleAfterHours?: Readonly<Record<string, number>>;
}

/** Features and outcomes of every decision day on one canonical price series. */
export interface DecisionTable {
  readonly canonical: string;
  readonly price: KnownSeries;
  readonly features: FeatureFrame;
  readonly labels: Labels;
  /** Standard deviation of daily returns as known at each row. */
  readonly dailyVolatility: Float64Array;
  readonly set: TrainingSet;
}

/** Days of features that a prediction looks at: the newest is predicted, the others serve staleness and novelty. */
const PREDICTION_DAYS = 14;

/**
 * Stored series as decisions see them. Rows of the tables are computed as known at each decision time, so one view over
 * a long range serves every decision in it: a decision reads only its own row and those before.
 */
export class MarketView {
  readonly series: readonly KnownSeries[];
  readonly untilMs: TimeMs;
  readonly #options: MarketViewOptions;
  readonly #tables = new Map<string, DecisionTable>();

  /** @param untilMs the last decision time that will be asked for */
  constructor(series: readonly KnownSeries[], untilMs: TimeMs, options: MarketViewOptions) {
    this.series = series;
    this.untilMs = untilMs;
    this.#options = options;
  }

  /** The age from which a dataset counts as stale, where a rule of the user's says one. */
  staleAfterHours(dataset: string): number | undefined {
    return this.#options.staleAfterHours?.[dataset];
  }

  /** The canonical price series of a training that ends at `untilMs`. @throws DataError where there is none */
  canonicalFor(untilMs: TimeMs, trainDays = this.#options.trainDays): CanonicalChoice {
    return chooseCanonical(this.series, untilMs - trainDays * DAY_MS, untilMs, this.#options.canonical);
  }

  /** Share of the candles of the last `days` before `untilMs` that the best price series has; 0 without prices. */
  priceCoverage(untilMs: TimeMs, days: number): number {
    if (!this.series.some((one) => one.dataset === 'price_data' && one.rows > 0 && one.timeMs[0]! < untilMs)) return 0;
    try {
      return this.canonicalFor(untilMs, days).coverage;
    } catch (error) {
      if (error instanceof DataError && error.code === 'features.no_price') return 0;
      throw error;
    }
  }

  /** @throws DataError `market.no_prices` */
  table(canonical: string): DecisionTable {
    const made = this.#tables.get(canonical);
    if (made) return made;
    const price = this.series.find((one) => one.series === canonical);
    if (!price || price.rows === 0) {
      throw new DataError('market.no_prices', `there are no prices of ${canonical}`, {
        hint: 'Fetch history with `ets backfill`, or import it with `ets ingest`.',
      });
    }
    const times = dailyDecisionTimes(price.timeMs[0]!, this.untilMs, this.#options.decisionHourUtc);
    const inputs = buildInputFrame(this.series, times, { canonical, custom: this.#options.custom ?? [] });
    const features = engineerFeatures(inputs);
    const { horizonMs, bandK, roundTripCost } = this.#options;
    const dailyVolatility = knownDailyVolatility(inputs);
    const labels = makeLabels(price, times, { horizonMs, bandK, roundTripCost, dailyVolatility });
    const table = { canonical, price, features, labels, dailyVolatility, set: asTrainingSet(features, labels) };
    this.#tables.set(canonical, table);
    return table;
  }

  /** Feature rows of the last `PREDICTION_DAYS` decisions up to `decisionTimeMs`; the last row is its own. */
  predictionData(
    canonical: string,
    decisionTimeMs: TimeMs,
  ): { readonly matrix: Matrix; readonly isSuspect: boolean; readonly timeMs: Float64Array } {
    const { features } = this.table(canonical);
    const row = lastAtOrBefore(features.timeMs, decisionTimeMs);
    if (row < 0 || features.timeMs[row] !== decisionTimeMs) {
      throw new DataError('market.no_feature_row', 'there are no features for this decision time', {
        details: { decisionTimeMs },
        hint: 'Is there price history before it? See `ets data list`.',
      });
    }
    const first = Math.max(0, row - PREDICTION_DAYS + 1);
    const { columns, data } = features.matrix;
    const matrix = {
      data: data.subarray(first * columns, (row + 1) * columns),
      rows: row - first + 1,
      columns,
      names: features.names,
    };
    return { matrix, isSuspect: features.suspect[row] === 1, timeMs: features.timeMs.subarray(first, row + 1) };
  }

  /** Close and end of the newest candle of any stored price series known at a time; undefined where there is none. */
  lastCandleOf(series: string, atMs: TimeMs): { readonly close: number; readonly endMs: TimeMs } | undefined {
    const price = this.series.find((one) => one.dataset === 'price_data' && one.series === series);
    const close = price?.numbers.close;
    if (!price || !close) return undefined;
    for (let row = upperBound(price.timeMs, atMs) - 1; row >= 0; row--) {
      if (price.knownFromMs[row]! <= atMs && close[row]! > 0) return { close: close[row]!, endMs: price.endMs[row]! };
    }
    return undefined;
  }

  /** Close of the newest canonical candle known at a time. @throws DataError `market.no_prices` */
  lastClose(canonical: string, atMs: TimeMs): Money {
    const { price } = this.table(canonical);
    for (let row = upperBound(price.timeMs, atMs) - 1; row >= 0; row--) {
      if (price.knownFromMs[row]! <= atMs) return money(price.numbers.close![row]!);
    }
    throw new DataError('market.no_price_yet', `no candle of ${canonical} is known at the decision time`, {
      details: { atMs },
      hint: 'See `ets data list`.',
    });
  }

  /** Where one could first trade at or after a decision: the open of the next candle. Nothing where there is none. */
  firstPriceAfter(canonical: string, decisionTimeMs: TimeMs): Quote | undefined {
    const { labels, features } = this.table(canonical);
    const row = lastAtOrBefore(features.timeMs, decisionTimeMs);
    const price = labels.entryPrice[row];
    if (features.timeMs[row] !== decisionTimeMs || price === undefined || Number.isNaN(price)) return undefined;
    return { priceUsd: money(price), atMs: labels.entryTimeMs[row]! };
  }

  /** The finest stored candles of the canonical venue: what stops and targets are checked on. */
  finestCandles(canonical: string, fromMs: TimeMs, toMs: TimeMs): KnownSeries {
    const own = this.table(canonical).price;
    const venue = canonical.split(':').slice(0, 2).join(':');
    const covers = (one: KnownSeries) => {
      const first = upperBound(one.timeMs, fromMs - 1);
      return first < one.rows && one.timeMs[first]! - fromMs <= one.periodMs && one.endMs[one.rows - 1]! >= toMs;
    };
    const finer = this.series.filter(
      (one) => one.dataset === 'price_data' && one.series.startsWith(`${venue}:`) && one.periodMs < own.periodMs && covers(one),
    );
    finer.sort((a, b) => a.periodMs - b.periodMs);
    return finer[0] ?? own;
  }
}

function asTrainingSet(features: FeatureFrame, labels: Labels): TrainingSet {
  const label = labels.label.map((value, row) => (features.suspect[row] === 1 ? UNKNOWN_LABEL : value));
  return { names: features.names, timeMs: features.timeMs, matrix: features.matrix, label, labelKnownMs: labels.knownMs };
}
