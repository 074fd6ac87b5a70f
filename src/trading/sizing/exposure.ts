/** What the returns after each class were, over the training window alone. */
export interface ClassReturns {
  /** Mean return after BUY, SELL and HOLD days, as fractions. */
  readonly means: readonly [buy: number, sell: number, hold: number];
  readonly variance: number;
}

interface Scaling {
  /** Exposure grows from 0 at the confidence threshold to its full size at confidence 1. */
  readonly scaleByConfidence?: boolean;
}

/**
 * How large a position a BUY asks for, and a SELL that goes short. fixed: a share of equity. volatility: as much as gives the wanted yearly
 * volatility. kelly: `lambda` times the growth-optimal share, f = lambda (sum of p_c m_c - cost) / variance (Kelly 1956 in
 * its continuous form); nothing where the expected net return is not positive.
 */
export type ExposurePolicy = Scaling &
  (
    | { readonly kind: 'fixed'; readonly fraction: number }
    | { readonly kind: 'volatility'; readonly annualTarget: number; readonly maxExposure: number }
    | { readonly kind: 'kelly'; readonly lambda: number; readonly maxExposure: number }
  );

export interface ExposureInput {
  readonly confidence: number;
  readonly confidenceThreshold: number;
  readonly probabilities: readonly [buy: number, sell: number, hold: number];
  /** Standard deviation of daily returns as known at the decision time; NaN where not known. */
  readonly dailyVolatility: number;
  readonly returns: ClassReturns;
  /** Fees and slippage of entering and leaving, as a fraction. */
  readonly roundTripCost: number;
  /** Which way the position goes; long unless told. */
  readonly direction?: 'long' | 'short';
  /** What no policy goes beyond; 1 unless leverage allows more. */
  readonly largest?: number;
}

/** Markets of this kind trade every day of the year. */
const DAYS_PER_YEAR = 365;

/** The size that a BUY, or a SELL that goes short, asks for: 0..`largest`; 0 where what it needs is not known. */
export function targetExposureFor(policy: ExposurePolicy, input: ExposureInput): number {
  return clamp(baseExposure(policy, input) * (policy.scaleByConfidence ? confidenceShare(input) : 1), input.largest ?? 1);
}

function baseExposure(policy: ExposurePolicy, input: ExposureInput): number {
  const { dailyVolatility, probabilities, returns, roundTripCost, direction = 'long' } = input;
  if (policy.kind === 'fixed') return policy.fraction;
  if (policy.kind === 'volatility')
    return clamp(policy.annualTarget / (dailyVolatility * Math.sqrt(DAYS_PER_YEAR)), policy.maxExposure);
  const mean = probabilities.reduce((sum, probability, i) => sum + probability * returns.means[i]!, 0);
  const expected = (direction === 'short' ? -mean : mean) - roundTripCost;
  return expected > 0 && returns.variance > 0 ? clamp((policy.lambda * expected) / returns.variance, policy.maxExposure) : 0;
}

const confidenceShare = ({ confidence, confidenceThreshold }: ExposureInput): number =>
  clamp((confidence - confidenceThreshold) / (1 - confidenceThreshold), 1);

/** Between 0 and `most`; what is not a number is 0. */
const clamp = (value: number, most: number): number => (value > 0 && most > 0 ? Math.min(value, most) : 0);
