import { BUY } from '../../domain/index.ts';
import { topClass } from './top-class.ts';

/** When a signal is followed, and what that costs. */
export interface SignalPolicy {
  /** Probability of BUY from which it is followed. */
  readonly confidenceThreshold: number;
  /** Cost of entering or of leaving, as a share of the notional. */
  readonly costOfChange: number;
}

/** A prediction beside what Ether returned over the label's horizon. */
export interface SignalDay {
  readonly probabilities: ArrayLike<number>;
  readonly forwardReturn: number;
}

/**
 * What each day brings to an account that holds Ether where BUY is likeliest and likely enough, and dollars where not: a
 * fraction, net of the cost of each change. It begins in dollars; days ascend in time.
 */
export function signalReturns(
  days: readonly SignalDay[],
  { confidenceThreshold, costOfChange }: SignalPolicy,
): { readonly returns: Float64Array; readonly buySignals: number } {
  let held = 0;
  let buySignals = 0;
  const returns = Float64Array.from(days, ({ probabilities, forwardReturn }) => {
    const wanted = topClass(probabilities) === BUY && probabilities[BUY]! >= confidenceThreshold ? 1 : 0;
    const cost = wanted === held ? 0 : costOfChange;
    held = wanted;
    buySignals += wanted;
    return (wanted === 1 ? forwardReturn : 0) - cost;
  });
  return { returns, buySignals };
}
