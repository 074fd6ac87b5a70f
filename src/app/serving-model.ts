import type { Prediction, TimeMs } from '../domain/index.ts';
import { type EnsembleModel, type ScoredConformal, topClass } from '../model/index.ts';
import type { MarketView } from './market-view.ts';

/** The model that serves, with what a decision and its record need to know of it. */
export interface ServingModel {
  readonly modelId: string;
  readonly artifactSha256: string;
  readonly trainedUntilMs: TimeMs;
  /** Days of decisions that it was trained on. */
  readonly trainDays: number;
  /** Hash of the code of the features that it was trained on; absent where this process trained it. */
  readonly featureCodeHash?: string | undefined;
  /** Price series that the model was trained on. */
  readonly canonical: string;
  readonly ensemble: EnsembleModel;
  /** Whether its walk-forward days showed skill; absent where nobody knows. */
  readonly hasSkill?: boolean | undefined;
  /** Prediction sets out of its walk-forward predictions, where there were any. */
  readonly conformal?: ScoredConformal | undefined;
}

/** As much of a model as a decision asks for. */
export interface DecidingModel extends Omit<ServingModel, 'ensemble'> {
  readonly ensemble: Pick<EnsembleModel, 'predictProba' | 'featureNames' | 'classShares'>;
}

/** The prediction for one decision time, from the last rows of features as known then. */
export function predictAt(model: DecidingModel, view: MarketView, decisionTimeMs: TimeMs): Prediction {
  const { matrix } = view.predictionData(model.canonical, decisionTimeMs);
  const own = { ...matrix, data: matrix.data.subarray((matrix.rows - 1) * matrix.columns), rows: 1 };
  const [buy = 0, sell = 0, hold = 0] = model.ensemble.predictProba(own);
  const classIndex = topClass([buy, sell, hold]);
  return { modelId: model.modelId, classIndex, probabilities: [buy, sell, hold], confidence: Math.max(buy, sell, hold) };
}
