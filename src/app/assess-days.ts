import { DATASET_NAMES, DAY_MS, startOfDayMs, type TimeMs } from '../domain/index.ts';
import { assessDay } from '../extraction/index.ts';
import type { StoredVerdict } from '../storage/index.ts';
import type { AppParts } from './app-parts.ts';
import { readAllSeries } from './read-all-series.ts';

/**
 * Judges every dataset on each day from `startMs`'s to `endMs`'s, both included, by what is known now, and keeps the
 * verdicts with their findings. Days that have not begun are left out.
 */
export async function assessDays(
  { store, clock }: Pick<AppParts, 'store' | 'clock'>,
  startMs: TimeMs,
  endMs: TimeMs,
): Promise<void> {
  const nowMs = clock.nowMs();
  const series = await readAllSeries(store);
  const verdicts: StoredVerdict[] = [];
  for (let dayMs = startOfDayMs(startMs); dayMs <= endMs && dayMs < nowMs; dayMs += DAY_MS) {
    for (const dataset of DATASET_NAMES) {
      const { verdict, findings } = assessDay(dataset, dayMs, series, nowMs);
      verdicts.push({ dataset, dayMs, verdict, findings });
    }
  }
  if (verdicts.length > 0) await store.writeVerdicts(verdicts);
}
