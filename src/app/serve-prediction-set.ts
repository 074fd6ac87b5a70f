import type { ClassIndex, Prediction, TimeMs } from '../domain/index.ts';
import { adaptiveFromScores, adaptiveSet, followOutcomes, predictionSet } from '../model/index.ts';
import type { DecisionRecord } from '../trading/index.ts';
import type { MarketView } from './market-view.ts';
import { knownOutcomes, type ServedPrediction } from './served-outcomes.ts';
import type { ServingModel } from './serving-model.ts';

/**
 * The classes that cannot be ruled out at a decision: adaptive conformal inference from the model's walk-forward scores
 * through every served prediction whose outcome is known by then. A model that came without those scores keeps its
 * fixed threshold. @returns `null` where it has neither
 */
export function servePredictionSet(
  view: MarketView,
  { canonical, conformal }: Pick<ServingModel, 'canonical' | 'conformal'>,
  served: readonly ServedPrediction[],
  { probabilities }: Pick<Prediction, 'probabilities'>,
  decisionTimeMs: TimeMs,
): NonNullable<DecisionRecord['predictionSet']> | null {
  if (!conformal) return null;
  const { coverage, scores } = conformal;
  if (!scores) return { coverage, missRate: null, outcomes: 0, classes: predictionSet(conformal, probabilities) as ClassIndex[] };
  const earlier = served.filter((one) => one.decisionTimeMs < decisionTimeMs);
  const outcomes = knownOutcomes(view.table(canonical).set, earlier, decisionTimeMs).map(
    ({ probabilities: said, label, predictionSet: given }) => ({ probabilities: said, label, given }),
  );
  const state = followOutcomes(adaptiveFromScores(Float64Array.from(scores), { coverage }), outcomes);
  return {
    coverage,
    missRate: state.missRate,
    outcomes: outcomes.length,
    classes: adaptiveSet(state, probabilities) as ClassIndex[],
  };
}
