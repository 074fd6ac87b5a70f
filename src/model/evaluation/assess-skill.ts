import { ModelError, type Rng } from '../../domain/index.ts';
import { logLossGains } from './compare-predictions.ts';
import { dieboldMariano, stationaryBootstrapInterval } from './mean-interval.ts';
import { logLoss } from './scores.ts';

/** Whether a model knew more than the class shares of its training window. */
export interface SkillVerdict {
  readonly verdict: 'none' | 'found' | 'unknown';
  /** For people: what was found, with its figures. */
  readonly text: string;
  /** Baseline log loss minus the model's, nats a day; above zero is better. Null without scored days. */
  readonly meanGain: number | null;
  /** 90 % interval of the gain: its lower end is the one-sided 95 % bound. */
  readonly interval: readonly [low: number, high: number] | null;
  /** Statistic of Diebold and Mariano (1995) of the gain; null where the interval is. */
  readonly dieboldMariano: number | null;
  readonly rows: number;
}

/** Fewer scored days than this say nothing either way. */
export const MINIMUM_SCORED_DAYS = 30;
const RESAMPLES = 2_000;
/** One-sided 5 % of the normal distribution; days are few, so a little is added for its thin tails. */
const CRITICAL = 1.7;

/**
 * Skill is found only where two tests at one-sided 5 % agree that the mean gain in log loss over the baseline is above
 * zero: the stationary bootstrap and Diebold-Mariano. Few days, or days that all ended alike, say nothing: there is nothing
 * to tell apart. Rows ascend in time; probabilities and baseline are rows x 3.
 * @throws ModelError `evaluation.shapes_differ`, `evaluation.not_finite`
 */
export function assessSkill(
  scored: { readonly probabilities: Float64Array; readonly baseline: Float64Array; readonly labels: Uint8Array },
  rng: Rng,
): SkillVerdict {
  const rows = scored.labels.length;
  const gains = dailyGains(scored);
  const meanGain = rows === 0 ? null : gains.reduce((sum, gain) => sum + gain, 0) / rows;
  const why = whyUnknown(scored.labels);
  if (why !== undefined || meanGain === null) {
    return { verdict: 'unknown', text: `Skill: unknown. ${why}`, meanGain, interval: null, dieboldMariano: null, rows };
  }
  const interval = stationaryBootstrapInterval(gains, { confidence: 0.9, resamples: RESAMPLES, rng });
  const statistic = dieboldMariano(gains);
  const isFound = interval[0] > 0 && statistic > CRITICAL;
  const ours = logLoss(scored.probabilities, scored.labels).toFixed(4);
  const plain = logLoss(scored.baseline, scored.labels).toFixed(4);
  const losses = `its log loss (lower is better) was ${ours}, theirs ${plain}`;
  const gain = `${signed(meanGain)} a day (90 % interval ${signed(interval[0])} to ${signed(interval[1])})`;
  const text = isFound
    ? `Skill: found. Over ${rows} days the model forecast better than the plain class shares, that is, than quoting how often BUY, SELL and HOLD came up in training: ${losses}. By two tests, luck alone would show a gain like this one, ${gain}, in fewer than 5 of 100 cases.`
    : `Skill: none. Over ${rows} days the model did not reliably forecast better than the plain class shares, that is, than quoting how often BUY, SELL and HOLD came up in training: ${losses}. ${meanGain > 0 ? `Its gain of ${gain} may be luck` : `There is no gain: ${gain}`}.`;
  return { verdict: isFound ? 'found' : 'none', text, meanGain, interval, dieboldMariano: statistic, rows };
}

function whyUnknown(labels: Uint8Array): string | undefined {
  const { length } = labels;
  if (length < MINIMUM_SCORED_DAYS)
    return `Only ${length} ${length === 1 ? 'day has' : 'days have'} been scored so far; it takes ${MINIMUM_SCORED_DAYS} to say anything.`;
  return labels.every((label) => label === labels[0])
    ? `All ${length} scored days ended alike; it takes two outcomes to say anything.`
    : undefined;
}

/** Log probability that the model gave to what came true, less the baseline's, day by day. */
function dailyGains({ probabilities, baseline, labels }: Parameters<typeof assessSkill>[0]): Float64Array {
  const cells = labels.length * 3;
  if (probabilities.length !== cells || baseline.length !== cells) {
    throw new ModelError(
      'evaluation.shapes_differ',
      `${labels.length} labels need ${cells} probabilities, not ${probabilities.length} and ${baseline.length} of the baseline`,
    );
  }
  const gains = logLossGains(probabilities, baseline, labels);
  const bad = gains.findIndex((gain) => !Number.isFinite(gain));
  if (bad >= 0) throw new ModelError('evaluation.not_finite', `row ${bad} has no probability for its class ${labels[bad]}`);
  return gains;
}

const signed = (value: number): string => `${value >= 0 ? '+' : '\u2212'}${Math.abs(value).toFixed(4)}`;
