import { z } from 'zod';
import { SECOND_MS, SourceError, type TimeMs } from '../../domain/index.ts';
import { readReply } from '../reply-schema.ts';

const CODE = 'beacon.reply_invalid';
const NODE = 'beacon node';

/** An unsigned 64-bit number as text; "never" (2^64 - 1) and all beyond 2^53 become Infinity. */
const uint64 = z
  .string()
  .regex(/^\d{1,20}$/, 'expected a whole number as text')
  .transform((text) => (Number.isSafeInteger(Number(text)) ? Number(text) : Number.POSITIVE_INFINITY));

/** What time is on the beacon chain. */
export interface BeaconTiming {
  readonly genesisMs: TimeMs;
  readonly slotMs: number;
  readonly slotsPerEpoch: number;
  /** Infinity where Electra is not planned. */
  readonly electraEpoch: number;
  readonly denebEpoch: number;
}

const genesisSchema = z.object({ data: z.object({ genesis_time: uint64 }) });
const specSchema = z.object({
  data: z.object({
    SECONDS_PER_SLOT: uint64.refine((seconds) => seconds > 0, 'expected more than 0'),
    SLOTS_PER_EPOCH: uint64.refine((slots) => slots > 0, 'expected more than 0'),
    ELECTRA_FORK_EPOCH: uint64.optional(),
    DENEB_FORK_EPOCH: uint64.optional(),
  }),
});

export const parseGenesisMs = (body: unknown): TimeMs => readReply(genesisSchema, body, CODE, NODE).data.genesis_time * SECOND_MS;

export function parseSpec(body: unknown): Omit<BeaconTiming, 'genesisMs'> {
  const { data } = readReply(specSchema, body, CODE, NODE);
  return {
    slotMs: data.SECONDS_PER_SLOT * SECOND_MS,
    slotsPerEpoch: data.SLOTS_PER_EPOCH,
    electraEpoch: data.ELECTRA_FORK_EPOCH ?? Number.POSITIVE_INFINITY,
    denebEpoch: data.DENEB_FORK_EPOCH ?? Number.POSITIVE_INFINITY,
  };
}

const checkpoint = z.object({ epoch: uint64 });
const finalitySchema = z.object({
  finalized: z.boolean().optional(),
  data: z.object({ current_justified: checkpoint, finalized: checkpoint }),
});

export interface FinalityCheckpoints {
  readonly justifiedEpoch: number;
  readonly finalizedEpoch: number;
  /** Whether the state itself can no longer be undone; `undefined` where the node does not say. */
  readonly isStateFinal: boolean | undefined;
}

export function parseFinality(body: unknown): FinalityCheckpoints {
  const { data, finalized } = readReply(finalitySchema, body, CODE, NODE);
  return { justifiedEpoch: data.current_justified.epoch, finalizedEpoch: data.finalized.epoch, isStateFinal: finalized };
}

const amountsSchema = z.object({ data: z.array(z.object({ amount: uint64 })) });
const GWEI_PER_ETH = 1e9;

/** Sum of a queue with amounts in gwei (pending_deposits, pending_partial_withdrawals), in Ether. */
export function parseQueueEth(body: unknown): number {
  const { data } = readReply(amountsSchema, body, CODE, NODE);
  const eth = data.reduce((total, { amount }) => total + amount / GWEI_PER_ETH, 0);
  if (Number.isFinite(eth)) return eth;
  throw new SourceError(CODE, `${NODE}: data: an amount is beyond 2^53 gwei`, { details: { path: 'data', retryable: true } });
}

const listSchema = z.object({ data: z.array(z.unknown()) });

/** How many entries a queue holds. */
export const parseQueueLength = (body: unknown): number => readReply(listSchema, body, CODE, NODE).data.length;
