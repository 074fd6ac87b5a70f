/** A decision of the past whose outcome is known by now, as both models saw it. */
export interface ComparedDay {
  readonly label: 0 | 1 | 2;
  readonly candidate: readonly [number, number, number];
  readonly incumbent: readonly [number, number, number];
  /** Class shares of the candidate's training window. */
  readonly shares: readonly [number, number, number];
  /** What Ether returned over the label's horizon. */
  readonly forwardReturn: number;
}

/** One number of the gate beside its limit. */
export interface GateCheck {
  readonly name: string;
  readonly passed: boolean;
  readonly value: number;
  readonly limit: number;
}

export interface GateVerdict {
  /** `challenger`: it passed, and predicts in the shadow before it may serve. */
  readonly decision: 'promoted' | 'kept' | 'challenger';
  readonly reason: 'first' | 'better' | 'refreshed' | 'too_few_days' | 'not_better' | 'out_of_bounds' | 'trial_running';
  readonly checks: readonly GateCheck[];
}

/** No model is current yet: there is nothing to compare with. */
export const FIRST_MODEL: GateVerdict = { decision: 'promoted', reason: 'first', checks: [] };
