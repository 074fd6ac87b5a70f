/** What the losses of single days should be like, as predictions claim it themselves. */
export interface ExpectedLoss {
  readonly mean: number;
  readonly deviation: number;
}

/** Deviations by which a day may be worse than expected without counting. */
const SLACK = 0.25;
/** One bad day counts for no more deviations than this: log losses have long tails. */
const MOST = 3;

/**
 * Page's cumulative sum (1954) of how much worse than expected the newest losses were, in deviations, never below 0: it
 * grows while a model keeps losing and forgets after good days. `losses` ascend in time.
 */
export function cumulativeExcess(expected: ExpectedLoss, losses: Float64Array): number {
  const deviation = Math.max(expected.deviation, 1e-9);
  return losses.reduce((sum, loss) => Math.max(0, sum + Math.min(MOST, (loss - expected.mean) / deviation) - SLACK), 0);
}
