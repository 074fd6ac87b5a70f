export {
  type AdaptiveConformal,
  type AdaptiveConformalOptions,
  adaptiveSet,
  observeOutcome,
  startAdaptiveConformal,
} from './adaptive-conformal.ts';
export { fitSplitConformal, predictionSet, type SplitConformal } from './split-conformal.ts';
