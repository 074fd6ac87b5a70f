import { DATASET_NAMES, HOUR_MS, type KnownSeries, type TimeMs } from '../domain/index.ts';
import type { DataVerdict } from '../trading/index.ts';
import type { MarketView } from './market-view.ts';

/** Older than this at the decision, a dataset counts as stale. Daily chain reports are known a day and a half after their day. */
const STALE_AFTER_HOURS: Readonly<Record<string, number>> = {
  price_data: 26,
  sentiment_data: 50,
  blockchain_data: 74,
  validator_data: 98,
  whale_data: 98,
};

/**
 * How fresh each dataset was for a decision. Only prices are required: the others are missing features to the model, and
 * the record says so.
 */
export function dataVerdictsAt(view: MarketView, canonical: string, decisionTimeMs: TimeMs): DataVerdict[] {
  return DATASET_NAMES.map((dataset) => {
    const isRequired = dataset === 'price_data';
    const series = view.series.filter((one) => one.dataset === dataset && (!isRequired || one.series === canonical));
    const newestMs = Math.max(...series.map((one) => newestEndMs(one, decisionTimeMs)));
    if (!Number.isFinite(newestMs)) return { dataset, isRequired, verdict: 'missing' };
    const ageHours = Math.round((decisionTimeMs - newestMs) / HOUR_MS);
    const verdict = ageHours > (STALE_AFTER_HOURS[dataset] ?? 98) ? 'stale' : 'ok';
    return { dataset, isRequired, verdict, detail: `${ageHours} h old` };
  });
}

/** End of the newest row known at `atMs`. */
export function newestEndMs(series: KnownSeries, atMs: TimeMs): TimeMs {
  for (let row = series.rows - 1; row >= 0; row--) {
    if (series.knownFromMs[row]! <= atMs) return Math.min(series.endMs[row]!, atMs);
  }
  return Number.NEGATIVE_INFINITY;
}
