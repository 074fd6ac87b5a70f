export { customFeatures } from './catalogue/custom.ts';
export { CATALOGUE } from './catalogue/index.ts';
export { type CanonicalChoice, chooseCanonical } from './choose-canonical.ts';
export { type CustomColumn, customInputName } from './custom-column.ts';
export { BAR_INPUTS, type BarInput, type DecisionBar, MIN_HOURS } from './decision-bar.ts';
export { buildDecisionBars, type DecisionBars } from './decision-bars.ts';
export { DECISION_HOUR, dailyDecisionTimes } from './decision-times.ts';
export { FEATURE_FAMILIES, type FeatureDefinition, type FeatureFamily, type InputRow } from './feature-definition.ts';
export {
  catalogueOf,
  engineerFeatures,
  FEATURE_CODE_VERSION,
  type FeatureFrame,
  FeatureStream,
  featureCodeHash,
  inputRow,
  longestLookback,
} from './feature-engineer.ts';
export { buildInputFrame, INPUT_NAMES, type InputFrame, type InputFrameOptions } from './input-frame.ts';
export { INPUT_SOURCES, type InputDefinition, type InputSource, type Reading } from './input-sources.ts';
export { knownDailyVolatility } from './known-volatility.ts';
export {
  DEFAULT_BAND_K,
  DEFAULT_HORIZON_MS,
  type LabelOptions,
  type Labels,
  lastTrainable,
  makeLabels,
  purgeRows,
  UNKNOWN_LABEL,
} from './labels.ts';
export { findLookahead, type LookaheadFinding, type LookaheadOptions, type TablePipeline } from './lookahead-analysis.ts';
export { findRecursion, type RecursionFinding, type RecursionOptions } from './recursive-analysis.ts';
