import { DATASET_NAMES, type DatasetName, HOUR_MS, type KnownSeries, startOfDayMs, type TimeMs } from '../domain/index.ts';
import { assessDay } from '../extraction/index.ts';
import type { DataVerdict } from '../trading/index.ts';
import type { MarketView } from './market-view.ts';

/** Older than this at the decision, a dataset counts as stale. Daily chain reports are known a day and a half after their day. */
const STALE_AFTER_HOURS: Readonly<Record<DatasetName, number>> = {
  price_data: 26,
  sentiment_data: 50,
  blockchain_data: 74,
  validator_data: 98,
  whale_data: 98,
};
const MAX_DETAIL = 200;

/**
 * What each dataset is worth to a decision, from what was known then: missing, stale, suspect by the validator's verdict
 * on its last day, or ok. Only prices are required: the others are missing features to the model, and the record says so.
 */
export function dataVerdictsAt(
  view: Pick<MarketView, 'series' | 'staleAfterHours'>,
  canonical: string,
  decisionTimeMs: TimeMs,
): DataVerdict[] {
  return DATASET_NAMES.map((dataset) => {
    const isRequired = dataset === 'price_data';
    const series = view.series.filter((one) => one.dataset === dataset && (!isRequired || one.series === canonical));
    const newestMs = Math.max(...series.map((one) => newestEndMs(one, decisionTimeMs)));
    if (!Number.isFinite(newestMs)) return { dataset, isRequired, verdict: 'missing' };
    const ageHours = Math.round((decisionTimeMs - newestMs) / HOUR_MS);
    const age = `${ageHours} h old`;
    if (ageHours > (view.staleAfterHours(dataset) ?? STALE_AFTER_HOURS[dataset]))
      return { dataset, isRequired, verdict: 'stale', detail: age };
    const dayMs = startOfDayMs(isRequired ? decisionTimeMs - 1 : newestMs - 1);
    const { verdict, findings } = assessDay(dataset, dayMs, view.series, decisionTimeMs);
    if (verdict !== 'suspect') return { dataset, isRequired, verdict: 'ok', detail: age };
    const why = findings.map(({ message }) => message).join('; ');
    return { dataset, isRequired, verdict: 'suspect', detail: `${age}; ${why}`.slice(0, MAX_DETAIL) };
  });
}

/** End of the newest row known at `atMs`. */
export function newestEndMs(series: KnownSeries, atMs: TimeMs): TimeMs {
  for (let row = series.rows - 1; row >= 0; row--) {
    if (series.knownFromMs[row]! <= atMs) return Math.min(series.endMs[row]!, atMs);
  }
  return Number.NEGATIVE_INFINITY;
}
