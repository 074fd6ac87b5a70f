import { DAY_MS, DataError, type KnownSeries, type TimeMs, upperBound } from '../domain/index.ts';
import { isHourly } from './decision-bars.ts';

/** The price series whose candles make the decision bars, and why it was taken. */
export interface CanonicalChoice {
  readonly series: string;
  readonly reason: string;
  /** Share of the window's candles that the series has, as known at the window's end. */
  readonly coverage: number;
}

/** A series covers a window when it has at least this share of its candles. */
const MIN_COVERAGE = 0.95;

const SOURCE_ORDER = ['yahoo', 'binance'];

/** Share of the candles of [fromMs, toMs) that are known at `toMs`. */
function coverageOf(price: KnownSeries, fromMs: TimeMs, toMs: TimeMs): number {
  const startMs = Math.ceil(fromMs / price.periodMs) * price.periodMs;
  const expected = Math.floor((toMs - startMs) / price.periodMs);
  if (expected <= 0) return 0;
  let found = 0;
  let lastMs = Number.NaN;
  for (let row = upperBound(price.timeMs, fromMs - 1); row < price.rows && price.timeMs[row]! < toMs; row++) {
    if (price.knownFromMs[row]! > toMs || price.timeMs[row] === lastMs) continue;
    lastMs = price.timeMs[row]!;
    found++;
  }
  return Math.min(1, found / expected);
}

/** Whether decision bars can be made of this series. */
export const isBarSeries = (price: KnownSeries): boolean =>
  price.dataset === 'price_data' && price.rows > 0 && (isHourly(price) || price.periodMs === DAY_MS);

/** Order of price series: by source, of one source the coarser first, then by name. */
export const byPreference = (a: KnownSeries, b: KnownSeries): number =>
  rank(a) - rank(b) || b.periodMs - a.periodMs || (a.series < b.series ? -1 : 1);

function rank(price: KnownSeries): number {
  const at = SOURCE_ORDER.indexOf(price.series.split(':')[0]!);
  return at < 0 ? SOURCE_ORDER.length : at;
}

/**
 * Of the hourly (or finer) price series that cover the window as known at its end: Yahoo's, then Binance's, then others;
 * of one source the coarser. Without one, a daily series in the same order. Where none covers the window, the fullest.
 * @param preferred a series name to take whatever it covers (`price.canonical` other than `auto`)
 * @throws DataError `features.no_price` where no price series has a candle in the window
 */
export function chooseCanonical(
  prices: readonly KnownSeries[],
  fromMs: TimeMs,
  toMs: TimeMs,
  preferred?: string,
): CanonicalChoice {
  const candidates = prices
    .filter(isBarSeries)
    .map((price) => ({ price, coverage: coverageOf(price, fromMs, toMs) }))
    .filter(({ price, coverage }) => coverage > 0 || price.series === preferred);
  const say = ({ price, coverage }: (typeof candidates)[number], reason: string): CanonicalChoice => ({
    series: price.series,
    reason,
    coverage,
  });
  if (preferred !== undefined && preferred !== 'auto') {
    const wanted = candidates.find(({ price }) => price.series === preferred);
    if (wanted === undefined) {
      throw new DataError('features.canonical_missing', `the price series ${preferred} is not stored`, {
        details: { stored: prices.map((price) => price.series) },
        hint: 'Import or extract it, or set price.canonical to auto.',
      });
    }
    return say(wanted, 'configured');
  }
  const ordered = candidates.toSorted((a, b) => byPreference(a.price, b.price));
  const full = ordered.filter(({ coverage }) => coverage >= MIN_COVERAGE);
  const hourly = full.find(({ price }) => isHourly(price));
  if (hourly !== undefined) return say(hourly, 'hourly and covers the window');
  const daily = full.find(({ price }) => !isHourly(price));
  if (daily !== undefined) return say(daily, 'no hourly series covers the window; daily and covers it');
  const fullest = ordered.toSorted((a, b) => b.coverage - a.coverage)[0];
  if (fullest === undefined) {
    throw new DataError('features.no_price', 'no price series has a candle in the window', {
      details: { fromMs, toMs },
      hint: 'Import prices with "ets ingest", or fetch them with "ets backfill".',
    });
  }
  return say(fullest, 'no series covers the window; the fullest one');
}
