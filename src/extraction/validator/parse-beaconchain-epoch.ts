import { z } from 'zod';
import { SourceError } from '../../domain/index.ts';
import { readReply } from '../reply-schema.ts';

const GWEI_PER_ETH = 1e9;
const count = z.int().min(0);

const replySchema = z.object({
  status: z.string(),
  data: z.object({
    epoch: count,
    finalized: z.boolean(),
    validatorscount: count,
    eligibleether: z.number().min(0).max(Number.MAX_SAFE_INTEGER),
    globalparticipationrate: z.number().min(0).max(1),
  }),
});
const errorSchema = z.object({ status: z.string() });

/** What beaconcha.in says of one epoch. */
export interface BeaconchainEpoch {
  readonly epoch: number;
  readonly isFinal: boolean;
  readonly activeValidators: number;
  readonly stakedEth: number;
  /** Share of the staked Ether that voted. */
  readonly participation: number;
}

/**
 * Reply of beaconcha.in's `/api/v1/epoch/{epoch}`.
 * @throws SourceError `beaconchain.reply_invalid` with the path that is wrong, `beaconchain.refused` where a reply with
 * status 200 says an error
 */
export function parseBeaconchainEpoch(body: unknown): BeaconchainEpoch {
  const { status } = readReply(errorSchema, body, 'beaconchain.reply_invalid', 'beaconcha.in');
  if (status !== 'OK') {
    throw new SourceError('beaconchain.refused', `beaconcha.in refused: ${status.slice(0, 200)}`, {
      hint: 'Check ETS_BEACONCHAIN_API_KEY and what its plan allows.',
    });
  }
  const { data } = readReply(replySchema, body, 'beaconchain.reply_invalid', 'beaconcha.in');
  return {
    epoch: data.epoch,
    isFinal: data.finalized,
    activeValidators: data.validatorscount,
    stakedEth: data.eligibleether / GWEI_PER_ETH,
    participation: data.globalparticipationrate,
  };
}
