import { type AsOfCursor, DAY_MS, type TimeMs } from '../domain/index.ts';
import type { BarInput, DecisionBar } from './decision-bar.ts';

/** Factors that carry a bar of one price series to the level of another. */
export interface Conversion {
  readonly price: number;
  /** Of volume in Ether; NaN where the two units, or their levels, cannot be compared. */
  readonly volumeEth: number;
}

/** Candles of both series within this span before T are compared; fewer than `MIN_PAIRS` say nothing. */
const SPAN_DAYS_HOURLY = 3;
const SPAN_DAYS_DAILY = 30;
const MIN_PAIRS = 12;

const PRICES: readonly BarInput[] = ['open', 'high', 'low', 'close', 'vwap'];

function median(values: number[]): number {
  if (values.length < MIN_PAIRS) return Number.NaN;
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/**
 * How much of the spacing `periodMs` the candles of a window, opening at `openMs`, add up to: last close and summed
 * volume in Ether for each.
 */
function candlesOf(
  cursor: AsOfCursor,
  fromMs: TimeMs,
  toMs: TimeMs,
  periodMs: number,
): Map<TimeMs, { close: number; eth: number }> {
  const { timeMs, numbers, volumeUnit } = cursor.series;
  const found = new Map<TimeMs, { close: number; eth: number }>();
  for (const row of cursor.window(fromMs, toMs)) {
    const openMs = Math.floor(timeMs[row]! / periodMs) * periodMs;
    const close = numbers.close![row]!;
    const volume = numbers.volume?.[row] ?? Number.NaN;
    const eth = volumeUnit === 'eth' ? volume : volumeUnit === 'usd' ? volume / close : Number.NaN;
    found.set(openMs, { close, eth: (found.get(openMs)?.eth ?? 0) + eth });
  }
  return found;
}

/**
 * Median ratios of the canonical series' closes and volumes to another's over the candles that both have just before
 * T, as known at T: the quote currencies' rate and the venues' sizes in one. Without enough common candles prices are
 * taken as they are (quotes are dollars or dollar tokens) and volume is missing.
 */
export function conversionTo(canonical: AsOfCursor, other: AsOfCursor, atMs: TimeMs): Conversion {
  const periodMs = Math.max(canonical.series.periodMs, other.series.periodMs);
  const fromMs = atMs - (periodMs >= DAY_MS ? SPAN_DAYS_DAILY : SPAN_DAYS_HOURLY) * DAY_MS;
  const ours = candlesOf(canonical, fromMs, atMs, periodMs);
  const theirs = candlesOf(other, fromMs, atMs, periodMs);
  const prices: number[] = [];
  const volumes: number[] = [];
  for (const [openMs, candle] of ours) {
    const match = theirs.get(openMs);
    if (match === undefined) continue;
    if (match.close > 0) prices.push(candle.close / match.close);
    if (match.eth > 0 && candle.eth > 0) volumes.push(candle.eth / match.eth);
  }
  const price = median(prices);
  return { price: Number.isNaN(price) ? 1 : price, volumeEth: median(volumes) };
}

/** `bar` at another series' level; returns, variances, hours and shares need no conversion. */
export function convertBar(bar: DecisionBar, conversion: Conversion): DecisionBar {
  const converted = { ...bar };
  for (const name of PRICES) converted[name] = bar[name] * conversion.price;
  converted.volume_eth = bar.volume_eth * conversion.volumeEth;
  converted.volume_usd = bar.volume_usd * conversion.volumeEth * conversion.price;
  return converted;
}
