import { replyInvalid } from '../reply-schema.ts';
import { readWei } from './parse-full-block.ts';
import { readQuantity } from './quantity.ts';

const GWEI = 1e9;

/** What one reply of `eth_feeHistory` says of a run of blocks. */
export interface FeeHistory {
  readonly oldestBlock: number;
  /** Of each block the priority fee at the one percentile that was asked for, in gwei; NaN for an empty block. */
  readonly priorityGwei: Float64Array;
}

/**
 * Result of `eth_feeHistory(count, newest, [percentile])`. The percentile is over the gas used in a block, so it is the fee
 * that the middle unit of gas paid, not the middle transaction.
 * @throws SourceError `rpc.reply_invalid` with the path that is wrong
 */
export function parseFeeHistory(result: unknown): FeeHistory {
  const invalid = (path: string[], problem: string) => replyInvalid('rpc.reply_invalid', 'node', path, problem);
  if (result === null || typeof result !== 'object') throw invalid([], 'expected a fee history');
  const { oldestBlock, reward, gasUsedRatio } = result as Record<string, unknown>;
  if (!Array.isArray(reward)) throw invalid(['reward'], 'expected a list');
  if (!Array.isArray(gasUsedRatio) || gasUsedRatio.length !== reward.length) {
    throw invalid(['gasUsedRatio'], 'expected as many as rewards');
  }
  const priorityGwei = Float64Array.from(reward as unknown[], (fees, i) => {
    if (!Array.isArray(fees) || fees.length !== 1) throw invalid(['reward', String(i)], 'expected one percentile');
    const gwei = Number(readWei(fees[0], ['reward', String(i), '0'])) / GWEI;
    return gasUsedRatio[i] === 0 ? Number.NaN : gwei;
  });
  return { oldestBlock: readQuantity(oldestBlock, ['oldestBlock']), priorityGwei };
}
