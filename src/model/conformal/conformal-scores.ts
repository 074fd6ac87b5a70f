import { ModelError } from '../../domain/index.ts';

/** Classes whose probability is at least `1 - threshold`; ascending. Empty where none is, all where the threshold is infinite. */
export function classesWithin(probabilities: ArrayLike<number>, threshold: number): number[] {
  return Array.from(probabilities, (p, k) => (1 - p <= threshold ? k : -1)).filter((k) => k >= 0);
}

/**
 * The threshold that a fresh exchangeable score stays at or below with probability `coverage`: the
 * `ceil((n + 1) * coverage)`-th smallest of `n` scores. Infinite where there are too few of them for that coverage,
 * minus infinite where nothing has to be covered.
 */
export function conformalQuantile(ascending: ArrayLike<number>, coverage: number): number {
  const exact = (ascending.length + 1) * coverage;
  const rank = Math.ceil(exact - 1e-9 * Math.max(1, Math.abs(exact)));
  if (rank < 1) return Number.NEGATIVE_INFINITY;
  return ascending[rank - 1] ?? Number.POSITIVE_INFINITY;
}

/**
 * How badly each label was predicted: one minus the probability it was given.
 * @throws ModelError `conformal.shape_mismatch`, `conformal.label_out_of_range`, `conformal.bad_probability`
 */
export function nonconformity(probabilities: Float64Array, labels: Uint8Array, classes: number): Float64Array {
  if (!Number.isInteger(classes) || classes < 1 || probabilities.length !== labels.length * classes) {
    throw new ModelError(
      'conformal.shape_mismatch',
      `${labels.length} labels of ${classes} classes do not fit ${probabilities.length} probabilities`,
      { details: { labels: labels.length, classes, probabilities: probabilities.length } },
    );
  }
  return Float64Array.from(labels, (label, row) => {
    if (label >= classes) {
      throw new ModelError('conformal.label_out_of_range', `label ${label} in row ${row} is not one of ${classes} classes`, {
        details: { row, label, classes },
      });
    }
    const p = probabilities[row * classes + label]!;
    if (!(p >= 0 && p <= 1)) {
      throw new ModelError('conformal.bad_probability', `row ${row} gives its label the probability ${p}`, {
        details: { row, p },
      });
    }
    return 1 - p;
  });
}

/** @throws ModelError `conformal.bad_coverage` */
export function checkCoverage(coverage: number): void {
  if (!(coverage > 0 && coverage < 1)) {
    throw new ModelError('conformal.bad_coverage', `coverage must be between 0 and 1, not ${coverage}`, {
      details: { coverage },
    });
  }
}
