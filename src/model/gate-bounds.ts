import { expectedCalibrationError, logLoss, type SignalPolicy, signalReturns } from './evaluation/index.ts';
import type { ComparedDay, GateCheck } from './gate-verdict.ts';

/** What a candidate has to keep to beside being better. */
export interface GateBounds extends SignalPolicy {
  /** Largest expected calibration error of the candidate over the compared days; null: too few of them to tell. */
  readonly maxCalibrationError: number | null;
  /** How much worse than the class shares the candidate's log loss may be: more is overfitted. */
  readonly maxExcessLoss: number;
  /** How much less the candidate's signals may have returned over the compared days, net of costs, as a share of equity. */
  readonly returnMargin: number;
  /** Largest age of the newest training row. */
  readonly maxDataAgeDays: number;
  /** Largest probability that the search which chose the settings fitted noise. */
  readonly maxSearchOverfitting: number;
}

/** What is known of the candidate beside its predictions. */
export interface CandidateFacts {
  readonly dataAgeDays: number;
  /** Probability of backtest overfitting of the study that chose its settings; nothing where none did. */
  readonly searchOverfitting?: number | undefined;
}

/** Calibration, overfitting, net return and freshness of a candidate, each with its value and limit. */
export function boundChecks(days: readonly ComparedDay[], facts: CandidateFacts, bounds: GateBounds): GateCheck[] {
  const labels = Uint8Array.from(days, (day) => day.label);
  const candidate = flat(days, 'candidate');
  const excess = logLoss(candidate, labels) - logLoss(flat(days, 'shares'), labels);
  const returned = followSignals(days, 'candidate', bounds) - followSignals(days, 'incumbent', bounds);
  return [
    ...(bounds.maxCalibrationError === null
      ? []
      : [atMost('calibration_error', expectedCalibrationError(candidate, labels), bounds.maxCalibrationError)]),
    atMost('log_loss_above_class_shares', excess, bounds.maxExcessLoss),
    atMost('net_return_shortfall', -returned, bounds.returnMargin),
    atMost('data_age_days', facts.dataAgeDays, bounds.maxDataAgeDays),
    ...(facts.searchOverfitting === undefined
      ? []
      : [atMost('search_overfitting', facts.searchOverfitting, bounds.maxSearchOverfitting)]),
  ];
}

const atMost = (name: string, value: number, limit: number): GateCheck => ({ name, passed: value <= limit, value, limit });

const flat = (days: readonly ComparedDay[], which: 'candidate' | 'incumbent' | 'shares'): Float64Array =>
  Float64Array.from(days.flatMap((day) => [...day[which]]));

/** Summed net return of following the BUY signals. Days ascend in time. */
const followSignals = (days: readonly ComparedDay[], whose: 'candidate' | 'incumbent', bounds: GateBounds): number =>
  signalReturns(
    days.map((day) => ({ probabilities: day[whose], forwardReturn: day.forwardReturn })),
    bounds,
  ).returns.reduce((sum, value) => sum + value, 0);
