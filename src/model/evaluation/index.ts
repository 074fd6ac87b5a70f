export { assessSkill, MINIMUM_SCORED_DAYS, type SkillVerdict } from './assess-skill.ts';
export { classShareBaseline, persistenceBaseline } from './baselines.ts';
export {
  classwiseCalibrationError,
  expectedCalibrationError,
  type ReliabilityBin,
  reliabilityBins,
} from './calibration-error.ts';
export { dieboldMariano, stationaryBootstrapInterval } from './mean-interval.ts';
export {
  accuracy,
  balancedAccuracy,
  brierScore,
  confusionMatrix,
  logLoss,
  logOfProbability,
  matthewsCorrelation,
  perClass,
} from './scores.ts';
