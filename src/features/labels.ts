import { DAY_MS, DataError, HOUR_MS, type KnownSeries, type TimeMs, upperBound } from '../domain/index.ts';

/** Label of a row that cannot be labelled: no price to enter or leave at, or no known volatility. */
export const UNKNOWN_LABEL = 255;

export interface LabelOptions {
  /** From entry to exit; 24 h unless told otherwise. */
  readonly horizonMs?: number;
  /** The band is at least this many daily volatilities, scaled to the horizon. */
  readonly bandK?: number;
  /** Fees and slippage of entering and leaving, as a fraction of the notional; the band is at least this. */
  readonly roundTripCost: number;
  /** Daily volatility (standard deviation of log returns) as known at each decision time; NaN leaves the row unlabelled. */
  readonly dailyVolatility: ArrayLike<number>;
}

export interface Labels {
  /** 0 BUY, 1 SELL, 2 HOLD, 255 unknown. */
  readonly label: Uint8Array;
  /** exit / entry - 1; NaN where unknown. */
  readonly forwardReturn: Float64Array;
  readonly entryPrice: Float64Array;
  readonly entryTimeMs: Float64Array;
  /** When the exit price, and with it the label, became known; NaN where it has not. */
  readonly knownMs: Float64Array;
  readonly band: Float64Array;
}

export const DEFAULT_HORIZON_MS = DAY_MS;
export const DEFAULT_BAND_K = 0.5;

/** A candle later than this after the wanted time, and later than one spacing, does not stand in for it. */
const MAX_DELAY_MS = 3 * HOUR_MS;

/** First revision of the first candle at or after `atMs`, -1 where it comes too late or not at all. */
function firstCandle(price: KnownSeries, atMs: TimeMs): number {
  const row = upperBound(price.timeMs, atMs - 1);
  if (row >= price.rows || price.timeMs[row]! - atMs > Math.max(MAX_DELAY_MS, price.periodMs)) return -1;
  return row;
}

/**
 * What came of each decision time: entry at the open of the first candle at or after T, exit at the open one horizon
 * after the entry. BUY where the return exceeds the band, SELL where it is below minus the band, HOLD between;
 * band = max(k x known volatility, round-trip cost). Prices are those first published, so a label never changes later.
 * @throws DataError `labels.length_mismatch` where volatility and decision times differ in length
 */
export function makeLabels(price: KnownSeries, decisionTimesMs: ArrayLike<TimeMs>, options: LabelOptions): Labels {
  const rows = decisionTimesMs.length;
  const { horizonMs = DEFAULT_HORIZON_MS, bandK = DEFAULT_BAND_K, roundTripCost, dailyVolatility } = options;
  if (dailyVolatility.length !== rows) {
    throw new DataError('labels.length_mismatch', `${dailyVolatility.length} volatilities for ${rows} decision times`);
  }
  const unknown = () => new Float64Array(rows).fill(Number.NaN);
  const label = new Uint8Array(rows).fill(UNKNOWN_LABEL);
  const [forwardReturn, entryPrice, entryTimeMs, knownMs, band] = [unknown(), unknown(), unknown(), unknown(), unknown()];
  const open = price.numbers.open;
  for (let i = 0; i < rows; i++) {
    band[i] = Math.max(bandK * dailyVolatility[i]! * Math.sqrt(horizonMs / DAY_MS), roundTripCost);
    const entry = firstCandle(price, decisionTimesMs[i]!);
    if (open === undefined || entry < 0) continue;
    entryPrice[i] = open[entry]!;
    entryTimeMs[i] = price.timeMs[entry]!;
    const exit = firstCandle(price, price.timeMs[entry]! + horizonMs);
    if (exit < 0) continue;
    const gain = open[exit]! / open[entry]! - 1;
    if (!Number.isFinite(gain) || Number.isNaN(band[i]!)) continue;
    forwardReturn[i] = gain;
    knownMs[i] = Math.max(price.knownFromMs[exit]!, price.knownFromMs[entry]!);
    label[i] = gain > band[i]! ? 0 : gain < -band[i]! ? 1 : 2;
  }
  return { label, forwardReturn, entryPrice, entryTimeMs, knownMs, band };
}

/** Row of the last label known at `nowMs`, -1 where none is: no row after it may be trained on. */
export function lastTrainable(knownMs: ArrayLike<number>, nowMs: TimeMs): number {
  for (let row = knownMs.length - 1; row >= 0; row--) {
    if (knownMs[row]! <= nowMs) return row;
  }
  return -1;
}

/**
 * Rows to leave out around a validation fold: `purge` rows before it, whose labels are not yet known when it begins, and
 * as many after it (`embargo`). Both follow from how long a row waits for its label: the horizon, and the candle whose
 * close publishes the exit price.
 */
export function purgeRows(
  horizonMs: number,
  candleMs: number,
  rowSpacingMs = DAY_MS,
): { readonly purge: number; readonly embargo: number } {
  const rows = Math.max(0, Math.ceil((horizonMs + candleMs) / rowSpacingMs) - 1);
  return { purge: rows, embargo: rows };
}
