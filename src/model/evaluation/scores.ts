import { topClass } from './top-class.ts';

/** Probabilities below this are taken for it, so that one impossible event does not make a score infinite. */
const SMALLEST = 1e-15;
const CLASSES = 3;

/** Natural logarithm of a probability; of one below 1e-15, 0 included, that of 1e-15. */
export const logOfProbability = (probability: number): number => Math.log(Math.max(SMALLEST, probability));

/** Mean negative log probability of what came true, in nats. `probabilities` is rows x 3, row-major. */
export function logLoss(probabilities: Float64Array, labels: Uint8Array): number {
  let sum = 0;
  for (let row = 0; row < labels.length; row++) sum -= logOfProbability(probabilities[row * CLASSES + labels[row]!]!);
  return sum / labels.length;
}

/** Mean over rows of the squared distances of the three probabilities from what came true (Brier 1950), 0..2. */
export function brierScore(probabilities: Float64Array, labels: Uint8Array): number {
  let sum = 0;
  for (let row = 0; row < labels.length; row++) {
    for (let label = 0; label < CLASSES; label++)
      sum += (probabilities[row * CLASSES + label]! - (labels[row] === label ? 1 : 0)) ** 2;
  }
  return sum / labels.length;
}

/** counts[truth][predicted]. */
export function confusionMatrix(probabilities: Float64Array, labels: Uint8Array): number[][] {
  const counts = Array.from({ length: CLASSES }, () => new Array<number>(CLASSES).fill(0));
  labels.forEach((label, row) => {
    counts[label]![topClass(probabilities, row)]! += 1;
  });
  return counts;
}

/** Share of rows whose top class came true. */
export function accuracy(probabilities: Float64Array, labels: Uint8Array): number {
  return labels.reduce((hits, label, row) => hits + (topClass(probabilities, row) === label ? 1 : 0), 0) / labels.length;
}

/** Mean recall of the classes that occur. */
export function balancedAccuracy(confusion: readonly (readonly number[])[]): number {
  const recalls = confusion.flatMap((row, label) => (total(row) > 0 ? [row[label]! / total(row)] : []));
  return total(recalls) / recalls.length;
}

/** Matthews correlation for several classes (Gorodkin 2004), -1..1; 0 where one side is constant. */
export function matthewsCorrelation(confusion: readonly (readonly number[])[]): number {
  const truth = confusion.map(total);
  const predicted = confusion.map((_, label) => total(confusion.map((row) => row[label]!)));
  const all = total(truth);
  const hits = total(confusion.map((row, label) => row[label]!));
  const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
  const spread = Math.sqrt((all ** 2 - dot(predicted, predicted)) * (all ** 2 - dot(truth, truth)));
  return spread === 0 ? 0 : (hits * all - dot(truth, predicted)) / spread;
}

/** Precision and recall of each class; null where it was never predicted, or never came true. */
export function perClass(confusion: readonly (readonly number[])[]): { precision: number | null; recall: number | null }[] {
  return confusion.map((row, label) => {
    const predicted = total(confusion.map((one) => one[label]!));
    return {
      precision: predicted > 0 ? row[label]! / predicted : null,
      recall: total(row) > 0 ? row[label]! / total(row) : null,
    };
  });
}

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
