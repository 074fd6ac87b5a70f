import type { FeatureDrift } from './feature-drift.ts';
import type { JudgedDistance } from './own-stretches.ts';

/** What drift asks for: nothing; a look; smaller or no new positions, and a retraining. */
export type DriftLevel = 'ok' | 'watch' | 'act';

export interface DriftVerdict {
  readonly level: DriftLevel;
  /** For people, one for each thing that is not ok. */
  readonly reasons: readonly string[];
}

export interface DriftLimits {
  /** Share of the training window's own stretches that must have differed less. */
  readonly unusualFeatures: number;
  /** Times the largest of those differences. */
  readonly strangeFeatures: number;
  /** Deviations of the cumulative excess loss. */
  readonly watchLoss: number;
  readonly actLoss: number;
}

/** Where nothing changed, a sum of 12 is passed about once in 16 years of daily decisions, one of 6 in 8 months (Siegmund 1985). */
export const DEFAULT_DRIFT_LIMITS: DriftLimits = { unusualFeatures: 0.95, strangeFeatures: 1.5, watchLoss: 6, actLoss: 12 };

/** What is known of how today differs from the training; what is not known says nothing. */
export interface DriftEvidence {
  readonly features?: FeatureDrift | undefined;
  /** Ranks of the newest rows' features (`measureRankDrift`). */
  readonly ranks?: JudgedDistance | undefined;
  /** Of the row that is decided from (`measureNovelty`). */
  readonly novelty?: JudgedDistance | undefined;
  /** Of the newest outcomes (`measureLabelShift`). */
  readonly labels?: JudgedDistance | undefined;
  /** How much worse than expected the newest predictions were (`cumulativeExcess`). */
  readonly excessLoss?: number | undefined;
}

const DISTANCES = {
  ranks: 'the newest days lie elsewhere in their features than any stretch of the training window did',
  novelty: 'this day is unlike every day of the training window',
  labels: 'outcomes come in other shares than in any stretch of the training window',
} as const;

/** One level, the worst of what is known. A single distance is watched from beyond all that the window itself did. */
export function assessDrift(evidence: DriftEvidence, limits: DriftLimits = DEFAULT_DRIFT_LIMITS): DriftVerdict {
  const { features, excessLoss } = evidence;
  const found: { readonly level: DriftLevel; readonly reason: string }[] = [];
  if (features !== undefined) {
    const named = features.features.slice(0, 3).map(({ name }) => name);
    const reason = `features differ from the training window, ${named.join(', ')} most`;
    if (features.timesLargest > limits.strangeFeatures) found.push({ level: 'act', reason });
    else if (features.unusual > limits.unusualFeatures) found.push({ level: 'watch', reason });
  }
  for (const name of ['ranks', 'novelty', 'labels'] as const) {
    const times = evidence[name]?.timesLargest ?? 0;
    const reason = `${DISTANCES[name]} (${times.toFixed(2)} times the largest)`;
    if (times > limits.strangeFeatures) found.push({ level: 'act', reason });
    else if (times > 1) found.push({ level: 'watch', reason });
  }
  if (excessLoss !== undefined) {
    const reason = `predictions keep being worse than expected: ${excessLoss.toFixed(1)} deviations in sum`;
    if (excessLoss > limits.actLoss) found.push({ level: 'act', reason });
    else if (excessLoss > limits.watchLoss) found.push({ level: 'watch', reason });
  }
  const level = found.some((one) => one.level === 'act') ? 'act' : found.length > 0 ? 'watch' : 'ok';
  return { level, reasons: found.map(({ reason }) => reason) };
}
