import type { JudgedRows } from './judged-rows.ts';
import { sumLogLoss } from './sum-log-loss.ts';

/** `weight` of the prediction and the rest of the class shares, row by row. */
export function shrinkToShares(probabilities: Float64Array, shares: Float64Array, weight: number): Float64Array {
  const classes = shares.length;
  return probabilities.map((p, at) => weight * p + (1 - weight) * shares[at % classes]!);
}

const STEPS = 20;
/** Belief beforehand that there is nothing to predict; the rest is spread evenly over the weights above 0. */
const NOTHING = 0.5;

/**
 * How much of a prediction to keep: the mean weight after what the rows say, having begun with even odds that the
 * prediction is worth nothing. Mixing by the mean weight is what averaging over all weights comes to, since a mixture is
 * linear in its weight (Bayesian model averaging; Hoeting et al. 1999). On noise little is left, with skill nearly all.
 */
export function fitShrinkage({ probabilities, labels, weights }: JudgedRows, shares: Float64Array): number {
  const losses = Array.from({ length: STEPS + 1 }, (_, step) =>
    sumLogLoss(shrinkToShares(probabilities, shares, step / STEPS), labels, shares.length, weights),
  );
  const least = Math.min(...losses);
  let mass = 0;
  let mean = 0;
  losses.forEach((loss, step) => {
    const belief = (step === 0 ? NOTHING : (1 - NOTHING) / STEPS) * Math.exp(least - loss);
    mass += belief;
    mean += (belief * step) / STEPS;
  });
  return mean / mass;
}
