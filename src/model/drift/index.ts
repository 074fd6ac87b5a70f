export { assessDrift, DEFAULT_DRIFT_LIMITS, type DriftLevel, type DriftLimits, type DriftVerdict } from './assess-drift.ts';
export { type FeatureDrift, type FeatureReference, fitFeatureReference, measureFeatureDrift } from './feature-drift.ts';
export { cumulativeExcess, type ExpectedLoss, expectLoss } from './loss-drift.ts';
