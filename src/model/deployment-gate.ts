import type { Rng } from '../domain/index.ts';
import { accuracy, logLoss, stationaryBootstrapInterval } from './evaluation/index.ts';

/** A decision of the past whose outcome is known by now, as both models saw it. */
export interface ComparedDay {
  readonly label: 0 | 1 | 2;
  readonly candidate: readonly [number, number, number];
  readonly incumbent: readonly [number, number, number];
}

export interface GatePolicy {
  /** `accuracy`: better accuracy is enough. `statistical`: better log loss at the stated confidence. */
  readonly mode: 'statistical' | 'accuracy';
  readonly minimumDays: number;
  readonly confidence: number;
  readonly refreshAfterDays: number;
  /** How much worse in log loss a candidate may be that replaces an old incumbent. */
  readonly refreshMargin: number;
}

interface GateCheck {
  readonly name: string;
  readonly passed: boolean;
  readonly value: number;
  readonly limit: number;
}

export interface GateVerdict {
  readonly decision: 'promoted' | 'kept';
  readonly reason: 'first' | 'better' | 'refreshed' | 'too_few_days' | 'not_better';
  readonly checks: readonly GateCheck[];
}

/** No model is current yet: there is nothing to compare with. */
export const FIRST_MODEL: GateVerdict = { decision: 'promoted', reason: 'first', checks: [] };

const RESAMPLES = 1000;

/**
 * Whether the candidate replaces the incumbent. Days ascend in time; the incumbent's probabilities are those it logged
 * beforehand, the candidate's are walk-forward predictions of its procedure on the same days.
 */
export function compareForDeployment(
  days: readonly ComparedDay[],
  incumbentAgeDays: number,
  policy: GatePolicy,
  rng: Rng,
): GateVerdict {
  const enough: GateCheck = {
    name: 'logged_days',
    passed: days.length >= policy.minimumDays,
    value: days.length,
    limit: policy.minimumDays,
  };
  if (!enough.passed) return { decision: 'kept', reason: 'too_few_days', checks: [enough] };
  const labels = Uint8Array.from(days, (day) => day.label);
  const candidate = Float64Array.from(days.flatMap((day) => day.candidate));
  const incumbent = Float64Array.from(days.flatMap((day) => day.incumbent));
  const better =
    policy.mode === 'accuracy' ? accuracyCheck(candidate, incumbent, labels) : logLossCheck(days, policy.confidence, rng);
  if (better.passed) return { decision: 'promoted', reason: 'better', checks: [enough, better] };
  const worse = logLoss(candidate, labels) - logLoss(incumbent, labels);
  const refresh = [
    {
      name: 'incumbent_age_days',
      passed: incumbentAgeDays > policy.refreshAfterDays,
      value: incumbentAgeDays,
      limit: policy.refreshAfterDays,
    },
    { name: 'log_loss_not_worse', passed: worse <= policy.refreshMargin, value: worse, limit: policy.refreshMargin },
  ];
  const checks = [enough, better, ...refresh];
  return refresh.every((check) => check.passed)
    ? { decision: 'promoted', reason: 'refreshed', checks }
    : { decision: 'kept', reason: 'not_better', checks };
}

function accuracyCheck(candidate: Float64Array, incumbent: Float64Array, labels: Uint8Array): GateCheck {
  const limit = accuracy(incumbent, labels);
  const value = accuracy(candidate, labels);
  return { name: 'accuracy', passed: value > limit, value, limit };
}

/** The lower bound of the mean gain in log loss, by stationary bootstrap over days, must be above zero. */
function logLossCheck(days: readonly ComparedDay[], confidence: number, rng: Rng): GateCheck {
  const gains = Float64Array.from(days, (day) => Math.log(day.candidate[day.label]) - Math.log(day.incumbent[day.label]));
  const [lower] = stationaryBootstrapInterval(gains, { confidence: 2 * confidence - 1, resamples: RESAMPLES, rng });
  return { name: 'log_loss_gain_lower_bound', passed: lower > 0, value: lower, limit: 0 };
}
