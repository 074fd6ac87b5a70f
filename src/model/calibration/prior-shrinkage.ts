import type { JudgedRows } from './judged-rows.ts';
import { sumLogLoss } from './sum-log-loss.ts';

/** `weight` of the prediction and the rest of the class shares, row by row. */
export function shrinkToShares(probabilities: Float64Array, shares: Float64Array, weight: number): Float64Array {
  const classes = shares.length;
  return probabilities.map((p, at) => weight * p + (1 - weight) * shares[at % classes]!);
}

/**
 * How much of a prediction to keep, in steps of 0.05: the weight with the least total log loss plus `penalty` nats
 * for any weight at all, which therefore has to be earned. On noise the log loss of the best weight falls by half
 * of a chi-squared number with one degree of freedom, 0.5 nats on average; 3 nats are passed once in about 70 times.
 */
export function fitShrinkage({ probabilities, labels, weights }: JudgedRows, shares: Float64Array, penalty = 3): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let step = 0; step <= 20; step++) {
    const weight = step / 20;
    const loss = sumLogLoss(shrinkToShares(probabilities, shares, weight), labels, shares.length, weights);
    const cost = loss + (weight > 0 ? penalty : 0);
    if (cost < least) {
      least = cost;
      best = weight;
    }
  }
  return best;
}
