import type { Rng } from '../../domain/index.ts';
import { dieboldMariano, stationaryBootstrapInterval } from './mean-interval.ts';

/** Whether a model knew more than the class shares of its training window. */
export interface SkillVerdict {
  readonly verdict: 'none' | 'found' | 'unknown';
  /** For people: what was found, with its figures. */
  readonly text: string;
  /** Baseline log loss minus the model's, nats a day; above zero is better. Null without scored days. */
  readonly meanGain: number | null;
  /** 90 % interval of the gain: its lower end is the one-sided 95 % bound. */
  readonly interval: readonly [low: number, high: number] | null;
  readonly rows: number;
}

/** Fewer scored days than this say nothing either way. */
export const MINIMUM_SCORED_DAYS = 30;
const RESAMPLES = 2_000;
/** One-sided 5 % of the normal distribution; days are few, so a little is added for its thin tails. */
const CRITICAL = 1.7;
const SMALLEST = 1e-15;

/**
 * Skill is found only where two tests at one-sided 5 % agree that the mean gain in log loss over the baseline is above
 * zero: the stationary bootstrap and Diebold-Mariano. Rows ascend in time.
 */
export function assessSkill(
  scored: { readonly probabilities: Float64Array; readonly baseline: Float64Array; readonly labels: Uint8Array },
  rng: Rng,
): SkillVerdict {
  const { probabilities, baseline, labels } = scored;
  const rows = labels.length;
  const gains = Float64Array.from(labels, (label, row) => logOf(probabilities[row * 3 + label]!) - logOf(baseline[row * 3 + label]!));
  const meanGain = rows === 0 ? null : gains.reduce((sum, gain) => sum + gain, 0) / rows;
  if (rows < MINIMUM_SCORED_DAYS || meanGain === null) {
    return { verdict: 'unknown', text: `Skill: unknown. Only ${rows} days have been scored; ${MINIMUM_SCORED_DAYS} are needed.`, meanGain, interval: null, rows };
  }
  const interval = stationaryBootstrapInterval(gains, { confidence: 0.9, resamples: RESAMPLES, rng });
  const isFound = interval[0] > 0 && dieboldMariano(gains) > CRITICAL;
  const figures = `over ${rows} days: gain in log loss ${signed(meanGain)} nats a day, 90 % interval ${signed(interval[0])} to ${signed(interval[1])}`;
  const text = isFound
    ? `Skill: found. The model beat the plain class shares ${figures}.`
    : `Skill: none. The model was not better than the plain class shares ${figures}.`;
  return { verdict: isFound ? 'found' : 'none', text, meanGain, interval, rows };
}

const logOf = (probability: number): number => Math.log(Math.max(SMALLEST, probability));
const signed = (value: number): string => `${value >= 0 ? '+' : ''}${value.toFixed(4)}`;
