import type { FeatureDrift } from './feature-drift.ts';

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

/**
 * One level out of what is known: how the features differ from the training, and how much worse than expected the newest
 * predictions were (`cumulativeExcess`). `null` is not known, and says nothing.
 */
export function assessDrift(
  features: FeatureDrift | null,
  excessLoss: number | null,
  limits: DriftLimits = DEFAULT_DRIFT_LIMITS,
): DriftVerdict {
  const found: { readonly level: DriftLevel; readonly reason: string }[] = [];
  if (features !== null) {
    const named = features.features.slice(0, 3).map(({ name }) => name);
    const reason = `features differ from the training window, ${named.join(', ')} most`;
    if (features.timesLargest > limits.strangeFeatures) found.push({ level: 'act', reason });
    else if (features.unusual > limits.unusualFeatures) found.push({ level: 'watch', reason });
  }
  if (excessLoss !== null) {
    const reason = `predictions keep being worse than expected: ${excessLoss.toFixed(1)} deviations in sum`;
    if (excessLoss > limits.actLoss) found.push({ level: 'act', reason });
    else if (excessLoss > limits.watchLoss) found.push({ level: 'watch', reason });
  }
  const level = found.some((one) => one.level === 'act') ? 'act' : found.length > 0 ? 'watch' : 'ok';
  return { level, reasons: found.map(({ reason }) => reason) };
}
