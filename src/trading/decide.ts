import { BUY, CLASS_LABELS, type ClassLabel, type Prediction, SELL, type TimeMs } from '../domain/index.ts';
import { type Reason, reason } from './reason.ts';

/** What validation said of one input. Only a required input that is not usable makes a decision hold. */
export interface DataVerdict {
  readonly dataset: string;
  readonly verdict: 'ok' | 'warning' | 'suspect' | 'stale' | 'missing';
  readonly isRequired: boolean;
  readonly detail?: string;
}

/** The market as a decision at `decisionTimeMs` may see it. */
export interface DecisionView {
  readonly decisionTimeMs: TimeMs;
  /** Whether the decision bar lacks hours that it needs. */
  readonly isBarSuspect: boolean;
  /** How old the newest price is; NaN where there is none. */
  readonly dataAgeMs: number;
  readonly dataVerdicts: readonly DataVerdict[];
}

/** The position as far as a decision needs it. */
export interface HeldPosition {
  /** Share of equity in Ether, 0 when flat (dust counts as flat), negative when short. */
  readonly exposure: number;
  /** Time of the last decision to hold it that was allowed; absent when there was none since the position was opened. */
  readonly lastBuyMs?: TimeMs | undefined;
}

export interface DecisionPolicy {
  /** Below this confidence a prediction counts as HOLD. */
  readonly confidenceThreshold: number;
  /** Share of equity in Ether after a BUY. */
  readonly targetExposure: number;
  /** Share of equity that a SELL goes short, where shorting is allowed; a SELL closes where it is absent. */
  readonly shortExposure?: number | undefined;
  /** No order for a change of exposure smaller than this. */
  readonly rebalanceBand: number;
  /** HOLD keeps a position this long after the last BUY, or SELL of a short one. */
  readonly maxHoldingMs: number;
  /** A decision on older prices holds. */
  readonly maxDataAgeMs: number;
}

export interface Decision {
  readonly decisionTimeMs: TimeMs;
  /** What the model said; HOLD where it said nothing. */
  readonly label: ClassLabel;
  readonly confidence: number | null;
  /** What is done about it: BUY and SELL change the position, HOLD keeps it. */
  readonly action: ClassLabel;
  /** Wanted share of equity in Ether, negative for a short position; null keeps the position as it is. */
  readonly targetExposure: number | null;
  /** Whether the holding time counts anew from this decision, traded or not: a BUY, or a SELL that asks for a short. */
  readonly renewsHolding: boolean;
  readonly reasons: readonly Reason[];
}

/**
 * The decision table. BUY: exposure = size. SELL: 0, or minus the size where shorting is allowed. HOLD, or confidence below the threshold, or inputs that cannot be
 * trusted: keep until `maxHoldingMs` after the last decision to hold it, then 0. Pure: the same arguments give the same decision.
 */
export function decide(
  view: DecisionView,
  prediction: Prediction | undefined,
  position: HeldPosition,
  policy: DecisionPolicy,
): Decision {
  const doubts = doubtsAbout(view, prediction, policy);
  const label = prediction === undefined ? 'HOLD' : CLASS_LABELS[prediction.classIndex];
  const base = { decisionTimeMs: view.decisionTimeMs, label, confidence: prediction?.confidence ?? null };
  if (doubts.length === 0 && prediction?.classIndex === BUY)
    return { ...base, ...moveTo(policy.targetExposure, 'signal_buy', position, policy), renewsHolding: true };
  if (doubts.length === 0 && prediction?.classIndex === SELL) {
    const { shortExposure } = policy;
    if (shortExposure !== undefined)
      return { ...base, ...moveTo(0 - shortExposure, 'signal_sell', position, policy), renewsHolding: shortExposure > 0 };
    return { ...base, ...leave(position), renewsHolding: false };
  }
  const change = hold(view.decisionTimeMs, position, policy);
  return { ...base, ...change, reasons: [...doubts, ...change.reasons], renewsHolding: false };
}

type Change = Pick<Decision, 'action' | 'targetExposure' | 'reasons'>;

const keep = (why: Reason): Change => ({ action: 'HOLD', targetExposure: null, reasons: [why] });
const exit = (why: Reason, position: HeldPosition): Change => ({
  action: position.exposure < 0 ? 'BUY' : 'SELL',
  targetExposure: 0,
  reasons: [why],
});

/** A SELL where nothing may be short. */
function leave(position: HeldPosition): Change {
  if (position.exposure < 0) return exit(reason('short_not_allowed', position.exposure, 0), position);
  return position.exposure > 0 ? exit(reason('signal_sell'), position) : keep(reason('already_flat'));
}

function doubtsAbout(view: DecisionView, prediction: Prediction | undefined, policy: DecisionPolicy): Reason[] {
  const doubts: Reason[] = [];
  if (prediction === undefined) doubts.push(reason('no_prediction'));
  else if (!(prediction.confidence >= policy.confidenceThreshold)) {
    doubts.push(reason('confidence_below_threshold', prediction.confidence, policy.confidenceThreshold));
  }
  if (view.isBarSuspect) doubts.push(reason('suspect_bar'));
  if (!(view.dataAgeMs <= policy.maxDataAgeMs)) doubts.push(reason('data_too_old', view.dataAgeMs, policy.maxDataAgeMs));
  for (const { dataset, verdict, isRequired } of view.dataVerdicts) {
    if (isRequired && verdict !== 'ok' && verdict !== 'warning') doubts.push(reason(`data_${verdict}`, dataset));
  }
  return doubts;
}

/** To the wanted exposure, unless it is within the band of it. What lies on the other side of zero is always left. */
function moveTo(target: number, rule: string, { exposure }: HeldPosition, policy: DecisionPolicy): Change {
  const change = target - exposure;
  const isAgainst = exposure < 0 ? rule === 'signal_buy' : exposure > 0 && rule === 'signal_sell';
  if (!isAgainst && Math.abs(change) < policy.rebalanceBand) return keep(reason('rebalance_band', change, policy.rebalanceBand));
  return { action: change > 0 ? 'BUY' : 'SELL', targetExposure: target, reasons: [reason(rule, exposure, target)] };
}

function hold(nowMs: TimeMs, position: HeldPosition, policy: DecisionPolicy): Change {
  if (!(Math.abs(position.exposure) > 0)) return keep(reason('flat'));
  const heldMs = position.lastBuyMs === undefined ? Number.POSITIVE_INFINITY : nowMs - position.lastBuyMs;
  if (heldMs >= policy.maxHoldingMs) return exit(reason('max_holding', heldMs, policy.maxHoldingMs), position);
  return keep(reason('holding', heldMs, policy.maxHoldingMs));
}
