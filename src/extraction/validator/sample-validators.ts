import { HOUR_MS, type TimeMs } from '../../domain/index.ts';
import { type BeaconClient, isMissing } from './beacon-client.ts';
import { churnPerEpoch } from './churn.ts';
import type { BeaconTiming } from './parse-beacon.ts';

/** Every day is sampled at the slot of noon, so that a day means the same every day and is final when it is over. */
const SAMPLE_AT_MS = 12 * HOUR_MS;
const ETH_PER_VALIDATOR = 32;
const DAY_S = 86_400;

/** The numbers of one daily sample; NaN is what the node does not give. */
export interface ValidatorSample {
  readonly dayMs: TimeMs;
  readonly isFinal: boolean;
  readonly numbers: Readonly<Record<SampleColumn, number>>;
}

export const SAMPLE_COLUMNS = [
  'active_validators',
  'entry_queue_eth',
  'exit_queue_eth',
  'entry_wait_days',
  'exit_wait_days',
  'staked_eth',
  'participation',
  'pending_deposits_eth',
  'pending_withdrawals_eth',
  'pending_consolidations',
  'justified_epoch',
  'finalized_epoch',
] as const;
type SampleColumn = (typeof SAMPLE_COLUMNS)[number];

/** Slot at which day `dayMs` is sampled; below 0 before genesis. */
export const sampleSlot = (dayMs: TimeMs, { genesisMs, slotMs }: Pick<BeaconTiming, 'genesisMs' | 'slotMs'>): number =>
  Math.floor((dayMs + SAMPLE_AT_MS - genesisMs) / slotMs);

/**
 * The sample of one day, `undefined` where the node no longer has that state. Before Electra every validator counts 32
 * Ether, so counts alone are enough; since then the full list is read for the balances.
 */
export async function sampleDay(
  client: BeaconClient,
  dayMs: TimeMs,
  timing: BeaconTiming,
  signal: AbortSignal,
): Promise<ValidatorSample | undefined> {
  const slot = sampleSlot(dayMs, timing);
  const epoch = Math.floor(slot / timing.slotsPerEpoch);
  const isElectra = epoch >= timing.electraEpoch;
  try {
    const finality = await client.finality(slot, signal);
    const totals = await client.totals(slot, isElectra, signal);
    const optional = (ask: Promise<number>) => ask.catch((error) => (isMissing(error) ? Number.NaN : Promise.reject(error)));
    const [deposits, withdrawals, consolidations] = isElectra
      ? await Promise.all([
          optional(client.pendingDepositsEth(slot, signal)),
          optional(client.pendingWithdrawalsEth(slot, signal)),
          optional(client.pendingConsolidations(slot, signal)),
        ])
      : [Number.NaN, Number.NaN, Number.NaN];
    const stakedEth = Number.isNaN(totals.activeEth) ? totals.active * ETH_PER_VALIDATOR : totals.activeEth;
    const exitQueueEth = Number.isNaN(totals.exitingEth) ? totals.exiting * ETH_PER_VALIDATOR : totals.exitingEth;
    const entryQueueEth = totals.pendingQueued * ETH_PER_VALIDATOR + (isElectra ? deposits : 0);
    const churn = churnPerEpoch(totals.active, stakedEth, epoch, timing);
    const epochDays = (timing.slotMs * timing.slotsPerEpoch) / 1_000 / DAY_S;
    return {
      dayMs,
      isFinal: finality.isStateFinal ?? true,
      numbers: {
        active_validators: totals.active,
        entry_queue_eth: entryQueueEth,
        exit_queue_eth: exitQueueEth,
        entry_wait_days: (entryQueueEth / churn.entryEth) * epochDays,
        exit_wait_days: (exitQueueEth / churn.exitEth) * epochDays,
        staked_eth: stakedEth,
        participation: Number.NaN,
        pending_deposits_eth: deposits,
        pending_withdrawals_eth: withdrawals,
        pending_consolidations: consolidations,
        justified_epoch: finality.justifiedEpoch,
        finalized_epoch: finality.finalizedEpoch,
      },
    };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
