import { createRng } from '../domain/index.ts';
import { accuracy, assessSkill, logLoss, type SkillVerdict, UNKNOWN_LABEL } from '../model/index.ts';
import type { CycleResult } from './cycle-types.ts';
import type { MarketView } from './market-view.ts';

/** A decision with the class shares of the model that made it: what its prediction is measured against. */
export interface ScoredCycle extends CycleResult {
  readonly baseline: readonly [number, number, number] | null;
}

/** How the predictions of a run did against the class shares that each model had been trained on. */
export interface RunScore {
  readonly days: number;
  readonly logLoss: number | null;
  readonly accuracy: number | null;
  readonly baselineLogLoss: number | null;
  readonly baselineAccuracy: number | null;
  readonly skill: SkillVerdict;
}

/** Scored predictions of a run in time order: rows x 3 probabilities, the baseline's, and what came of them. */
export interface ScoredPredictions {
  readonly timeMs: Float64Array;
  readonly probabilities: Float64Array;
  readonly baseline: Float64Array;
  readonly labels: Uint8Array;
}

/** Predictions whose outcome is known by the end of the stored prices. */
export function scoredPredictions({
  view,
  canonical,
  cycles,
}: {
  readonly view: MarketView;
  readonly canonical: string;
  readonly cycles: readonly ScoredCycle[];
}): ScoredPredictions {
  const { set } = view.table(canonical);
  const rowOf = new Map(Array.from(set.timeMs, (timeMs, row) => [timeMs, row]));
  const scored = cycles.flatMap(({ record, baseline }) => {
    const label = set.label[rowOf.get(record.decisionTimeMs) ?? -1] ?? UNKNOWN_LABEL;
    return record.prediction && baseline && label !== UNKNOWN_LABEL
      ? [{ timeMs: record.decisionTimeMs, probabilities: record.prediction.probabilities, baseline, label }]
      : [];
  });
  return {
    timeMs: Float64Array.from(scored, (x) => x.timeMs),
    probabilities: Float64Array.from(scored.flatMap((x) => x.probabilities)),
    baseline: Float64Array.from(scored.flatMap((x) => x.baseline)),
    labels: Uint8Array.from(scored, (x) => x.label),
  };
}

/** @param seed of the bootstrap */
export function scoreRun(scored: ScoredPredictions, seed: number): RunScore {
  const { probabilities, baseline, labels } = scored;
  const days = labels.length;
  const skill = assessSkill({ probabilities, baseline, labels }, createRng(seed, 0x5c0));
  if (days === 0) return { days, logLoss: null, accuracy: null, baselineLogLoss: null, baselineAccuracy: null, skill };
  return {
    days,
    logLoss: logLoss(probabilities, labels),
    accuracy: accuracy(probabilities, labels),
    baselineLogLoss: logLoss(baseline, labels),
    baselineAccuracy: accuracy(baseline, labels),
    skill,
  };
}
