import { expectedCalibrationError, logLoss } from './evaluation/index.ts';
import type { ComparedDay, GateCheck } from './gate-verdict.ts';

/** What a candidate has to keep to beside being better. */
export interface GateBounds {
  /** Largest expected calibration error of the candidate over the compared days; null: too few of them to tell. */
  readonly maxCalibrationError: number | null;
  /** How much worse than the class shares the candidate's log loss may be: more is overfitted. */
  readonly maxExcessLoss: number;
  /** How much less the candidate's signals may have returned over the compared days, net of costs, as a share of equity. */
  readonly returnMargin: number;
  /** Confidence from which a BUY is followed. */
  readonly confidenceThreshold: number;
  /** Cost of entering or of leaving, as a share of the notional. */
  readonly costOfChange: number;
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

/** Summed net return of holding Ether for each day on which BUY is likeliest and likely enough. Days ascend in time. */
function followSignals(days: readonly ComparedDay[], whose: 'candidate' | 'incumbent', bounds: GateBounds): number {
  let held = 0;
  let sum = 0;
  for (const day of days) {
    const [buy, sell, hold] = day[whose];
    const wanted = buy >= bounds.confidenceThreshold && buy > sell && buy > hold ? 1 : 0;
    sum += wanted * day.forwardReturn - (wanted === held ? 0 : bounds.costOfChange);
    held = wanted;
  }
  return sum;
}
