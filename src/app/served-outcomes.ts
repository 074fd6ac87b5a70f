import type { ClassIndex, TimeMs } from '../domain/index.ts';
import { type LoggedPrediction, type TrainingSet, UNKNOWN_LABEL } from '../model/index.ts';

/** What a model said of one decision while it served. */
export type ServedPrediction = Pick<LoggedPrediction, 'decisionTimeMs' | 'modelId' | 'probabilities' | 'predictionSet'>;

export interface KnownOutcome extends ServedPrediction {
  readonly label: ClassIndex;
}

/** The served predictions whose outcome was known at `atMs`, in the order in which it became known. */
export function knownOutcomes(set: TrainingSet, served: readonly ServedPrediction[], atMs: TimeMs): KnownOutcome[] {
  const rows = new Map(Array.from(set.timeMs, (timeMs, row) => [timeMs, row]));
  return served
    .flatMap((one) => {
      const row = rows.get(one.decisionTimeMs);
      const isKnown = row !== undefined && set.label[row] !== UNKNOWN_LABEL && set.labelKnownMs[row]! <= atMs;
      return isKnown ? [{ known: { ...one, label: set.label[row] as ClassIndex }, knownMs: set.labelKnownMs[row]! }] : [];
    })
    .sort((a, b) => a.knownMs - b.knownMs)
    .map(({ known }) => known);
}
