import { DAY_MS, type TimeMs } from '../../domain/index.ts';
import { normalAt } from './hash.ts';

const QUEUE = 41;
export const STAKE_ETH = 32;

/** Validator set and queues of a day. */
export interface ValidatorState {
  readonly active: number;
  readonly entering: number;
  readonly exiting: number;
  readonly exited: number;
  readonly pendingDepositsEth: number;
  readonly pendingWithdrawalsEth: number;
}

/** A set that grows slowly, with queues that come and go. Small enough to be listed whole. */
export function validatorsAt(seed: number, firstMs: TimeMs, nowMs: TimeMs): ValidatorState {
  const day = Math.floor((nowMs - firstMs) / DAY_MS);
  const wave = Math.sin(day / 40) + 0.3 * normalAt(seed, QUEUE, day);
  const entering = Math.max(0, Math.round(30 + 25 * wave));
  const exiting = Math.max(0, Math.round(12 - 8 * wave));
  return {
    active: 1_000 + Math.round(0.4 * day),
    entering,
    exiting,
    exited: Math.round(0.05 * day),
    pendingDepositsEth: entering * STAKE_ETH,
    pendingWithdrawalsEth: exiting,
  };
}
