import { topClass } from './top-class.ts';

/** Predictions of similar confidence, and how often they came true. */
export interface ReliabilityBin {
  readonly from: number;
  readonly to: number;
  readonly rows: number;
  readonly meanConfidence: number;
  readonly accuracy: number;
}

const DEFAULT_BINS = 10;

/** Bins of equal width over the confidence of the top class; empty ones are left out. */
export function reliabilityBins(probabilities: Float64Array, labels: Uint8Array, bins = DEFAULT_BINS): ReliabilityBin[] {
  const sums = Array.from({ length: bins }, () => ({ rows: 0, confidence: 0, hits: 0 }));
  labels.forEach((label, row) => {
    const top = topClass(probabilities, row);
    const confidence = probabilities[row * 3 + top]!;
    const bin = sums[Math.min(bins - 1, Math.floor(confidence * bins))]!;
    bin.rows += 1;
    bin.confidence += confidence;
    bin.hits += top === label ? 1 : 0;
  });
  return sums.flatMap(({ rows, confidence, hits }, i) =>
    rows === 0 ? [] : [{ from: i / bins, to: (i + 1) / bins, rows, meanConfidence: confidence / rows, accuracy: hits / rows }],
  );
}

/** Mean distance of confidence from accuracy over the bins, weighted by rows (Naeini, Cooper and Hauskrecht 2015). */
export function expectedCalibrationError(probabilities: Float64Array, labels: Uint8Array, bins = DEFAULT_BINS): number {
  const filled = reliabilityBins(probabilities, labels, bins);
  return filled.reduce((sum, bin) => sum + bin.rows * Math.abs(bin.meanConfidence - bin.accuracy), 0) / labels.length;
}

/**
 * The same for the probability of each class by itself, mean over the classes (Kull et al. 2019): finds a class whose
 * probability is wrong although the top one's is right.
 */
export function classwiseCalibrationError(probabilities: Float64Array, labels: Uint8Array, bins = DEFAULT_BINS): number {
  const classes = probabilities.length / labels.length;
  let distance = 0;
  for (let label = 0; label < classes; label++) {
    const gaps = new Float64Array(bins);
    for (let row = 0; row < labels.length; row++) {
      const probability = probabilities[row * classes + label]!;
      const bin = Math.min(bins - 1, Math.floor(probability * bins));
      gaps[bin]! += probability - (labels[row] === label ? 1 : 0);
    }
    distance += gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / labels.length;
  }
  return distance / classes;
}
