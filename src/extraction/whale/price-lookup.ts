import { HOUR_MS, lastAtOrBefore, type TimeMs } from '../../domain/index.ts';
import type { TimeRange } from '../source-extractor.ts';

/** Price of Ether in USD at a time, NaN where none is known within a day before. */
export type PriceAt = (timeMs: TimeMs) => number;

/** All that a price lookup needs of the storage. */
export interface CandleStore {
  readSeries(
    dataset: string,
    series: string,
    options: { readonly fromMs?: TimeMs; readonly toMs?: TimeMs },
  ): Promise<{ readonly endMs: Float64Array; readonly numbers: Readonly<Record<string, Float64Array>> } | undefined>;
}

const SERIES = ['yahoo:ETH-USD:1h', 'binance:ETHUSDT:1h'];
const OLDEST_MS = 24 * HOUR_MS;

/** Closes of stored hourly candles, looked up by the last close that is not after the time asked for. */
export async function readPrices(store: CandleStore, range: TimeRange): Promise<PriceAt> {
  const sources: { endMs: Float64Array; close: Float64Array }[] = [];
  for (const series of SERIES) {
    const found = await store.readSeries('price_data', series, { fromMs: range.startMs - OLDEST_MS, toMs: range.endMs });
    const close = found?.numbers.close;
    if (found && close) sources.push({ endMs: found.endMs, close });
  }
  return (timeMs) => {
    for (const { endMs, close } of sources) {
      const row = lastAtOrBefore(endMs, timeMs);
      if (row >= 0 && timeMs - endMs[row]! <= OLDEST_MS) return close[row]!;
    }
    return Number.NaN;
  };
}
