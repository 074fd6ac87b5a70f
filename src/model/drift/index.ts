export {
  assessDrift,
  DEFAULT_DRIFT_LIMITS,
  type DriftEvidence,
  type DriftLevel,
  type DriftLimits,
  type DriftVerdict,
} from './assess-drift.ts';
export { type FeatureDrift, type FeatureReference, fitFeatureReference, measureFeatureDrift } from './feature-drift.ts';
export { measureLabelShift } from './label-shift.ts';
export { cumulativeExcess } from './loss-drift.ts';
export type { JudgedDistance } from './own-stretches.ts';
export { fitRankReference, measureNovelty, measureRankDrift, type RankReference } from './rank-drift.ts';
