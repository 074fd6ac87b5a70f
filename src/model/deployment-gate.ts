import type { Rng } from '../domain/index.ts';
import { accuracy, dieboldMariano, logLoss, logOfProbability, stationaryBootstrapInterval } from './evaluation/index.ts';
import { boundChecks, type CandidateFacts, type GateBounds } from './gate-bounds.ts';
import type { ComparedDay, GateCheck, GateVerdict } from './gate-verdict.ts';

export interface GatePolicy {
  /** `accuracy`: better accuracy is enough. `statistical`: better log loss at the stated confidence. */
  readonly mode: 'statistical' | 'accuracy';
  readonly minimumDays: number;
  readonly confidence: number;
  readonly refreshAfterDays: number;
  /** How much worse in log loss a candidate may be that replaces an old incumbent. */
  readonly refreshMargin: number;
  /** Of the `statistical` mode; the owner's `accuracy` asks for nothing else. */
  readonly bounds: GateBounds;
}

const RESAMPLES = 1000;

/**
 * Whether the candidate replaces the incumbent. Days ascend in time; the incumbent's probabilities are those it logged
 * beforehand, the candidate's are walk-forward predictions of its procedure on the same days.
 */
export function compareForDeployment(
  days: readonly ComparedDay[],
  incumbentAgeDays: number,
  facts: CandidateFacts,
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
  if (policy.mode === 'accuracy') {
    const better = accuracyCheck(candidate, incumbent, labels);
    if (better.passed) return { decision: 'promoted', reason: 'better', checks: [enough, better] };
    return refreshOrKeep([enough, better], candidate, incumbent, labels, incumbentAgeDays, policy);
  }
  const better = logLossCheck(days, policy.confidence, rng);
  const bounds = boundChecks(days, facts, policy.bounds);
  const checks = [enough, better, dieboldMarianoCheck(days), ...bounds];
  const verdict: GateVerdict = better.passed
    ? { decision: 'promoted', reason: 'better', checks }
    : refreshOrKeep(checks, candidate, incumbent, labels, incumbentAgeDays, policy);
  const isOutOfBounds = verdict.decision === 'promoted' && !bounds.every(({ passed }) => passed);
  return isOutOfBounds ? { ...verdict, decision: 'kept', reason: 'out_of_bounds' } : verdict;
}

/** An old incumbent yields to a candidate that is not worse by more than the margin. */
function refreshOrKeep(
  before: readonly GateCheck[],
  candidate: Float64Array,
  incumbent: Float64Array,
  labels: Uint8Array,
  incumbentAgeDays: number,
  policy: GatePolicy,
): GateVerdict {
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
  const checks = [...before, ...refresh];
  return refresh.every((check) => check.passed)
    ? { decision: 'promoted', reason: 'refreshed', checks }
    : { decision: 'kept', reason: 'not_better', checks };
}

function accuracyCheck(candidate: Float64Array, incumbent: Float64Array, labels: Uint8Array): GateCheck {
  const limit = accuracy(incumbent, labels);
  const value = accuracy(candidate, labels);
  return { name: 'accuracy', passed: value > limit, value, limit };
}

/** Told beside the bootstrap's bound; nothing depends on it. */
function dieboldMarianoCheck(days: readonly ComparedDay[]): GateCheck {
  const value = dieboldMariano(gainsOf(days));
  return { name: 'diebold_mariano', passed: value > 0, value, limit: 0 };
}

const gainsOf = (days: readonly ComparedDay[]): Float64Array =>
  Float64Array.from(days, (day) => logOfProbability(day.candidate[day.label]) - logOfProbability(day.incumbent[day.label]));

/** The lower bound of the mean gain in log loss, by stationary bootstrap over days, must be above zero. */
function logLossCheck(days: readonly ComparedDay[], confidence: number, rng: Rng): GateCheck {
  const [lower] = stationaryBootstrapInterval(gainsOf(days), { confidence: 2 * confidence - 1, resamples: RESAMPLES, rng });
  return { name: 'log_loss_gain_lower_bound', passed: lower > 0, value: lower, limit: 0 };
}
