export {
  type AdaptiveConformal,
  type AdaptiveConformalOptions,
  adaptiveFromScores,
  adaptiveSet,
  observeOutcome,
  startAdaptiveConformal,
} from './adaptive-conformal.ts';
export { nonconformity } from './conformal-scores.ts';
export { adaptiveSets, type FollowedDay, followOutcomes, type ServedOutcome } from './follow-outcomes.ts';
export { fitSplitConformal, predictionSet, type ScoredConformal, type SplitConformal } from './split-conformal.ts';
