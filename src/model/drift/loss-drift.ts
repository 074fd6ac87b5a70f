import { ModelError } from '../../domain/index.ts';

/** Losses of out-of-sample predictions before a model served: what is expected of it. */
export interface ExpectedLoss {
  readonly mean: number;
  readonly deviation: number;
}

/** @param losses log losses of single days; at least ten @throws ModelError `drift.too_few_rows` */
export function expectLoss(losses: Float64Array): ExpectedLoss {
  if (losses.length < 10) {
    throw new ModelError('drift.too_few_rows', `${losses.length} days are too few to know which loss to expect`, {
      details: { rows: losses.length },
    });
  }
  const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  const variance = losses.reduce((sum, loss) => sum + (loss - mean) ** 2, 0) / (losses.length - 1);
  return { mean, deviation: Math.sqrt(variance) };
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
