export { assessSkill, MINIMUM_SCORED_DAYS, type SkillVerdict } from './assess-skill.ts';
export { classShareBaseline, persistenceBaseline } from './baselines.ts';
export {
  classwiseCalibrationError,
  expectedCalibrationError,
  type ReliabilityBin,
  reliabilityBins,
} from './calibration-error.ts';
export { type Comparison, comparePredictions, meanWithInterval } from './compare-predictions.ts';
export { dieboldMariano, stationaryBootstrapInterval } from './mean-interval.ts';
export { allScores, type Interval, type Scores, scoreIntervals } from './score-intervals.ts';
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
export { type SignalDay, type SignalPolicy, signalReturns } from './signal-returns.ts';
export { CLASS_PRECEDENCE, topClass } from './top-class.ts';
