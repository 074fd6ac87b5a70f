import type { PredictionExplanation } from '../app/explain-prediction.ts';

/** Features that are shown to people; programs get all. */
const SHOWN = 10;

const points = (share: number): string => `${share < 0 ? '\u2212' : '+'}${(100 * Math.abs(share)).toFixed(2)}`;

const featureLine = ({ name, moved }: PredictionExplanation['features'][number]): string =>
  `${name.padEnd(32)} BUY ${points(moved[0])}  SELL ${points(moved[1])}  HOLD ${points(moved[2])} points`;

/** The features that moved a prediction most, for people; or that none did. */
export function explanationLines({ features }: PredictionExplanation): string[] {
  const lines = features.filter(({ moved }) => moved.some((share) => share !== 0)).map(featureLine);
  return lines.length > 0
    ? lines.slice(0, SHOWN)
    : ['no feature moved this prediction: the model found nothing better than class shares'];
}
