import { DAY_MS, type TimeMs } from '../../domain/index.ts';
import type { DriftLevel } from '../../model/index.ts';

/**
 * Whether drift asks for a training between the weekly ones. The gate judges what comes of it like any other; the pause
 * keeps a drift that training does not cure from training all day.
 * @param lastMs the last training @param pauseDays days after it; null: never
 */
export const asksForTraining = (
  level: DriftLevel | undefined,
  lastMs: TimeMs,
  nowMs: TimeMs,
  pauseDays: number | null,
): boolean => level === 'act' && pauseDays !== null && nowMs - lastMs >= pauseDays * DAY_MS;
