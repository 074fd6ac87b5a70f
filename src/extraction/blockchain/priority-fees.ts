import { SourceError } from '../../domain/index.ts';
import { parseFeeHistory } from '../rpc/parse-fee-history.ts';
import type { Rpc } from '../rpc/rpc.ts';

/** Blocks that nodes give in one fee history at most. */
const BLOCKS_PER_CALL = 1_024;
const CALLS_PER_BATCH = 4;
const MEDIAN = 50;

const hex = (value: number) => `0x${value.toString(16)}`;

/** Median priority fee of a block in gwei; NaN where it is not known. */
export type PriorityFeeOf = (blockNumber: number) => number;

/**
 * Priority fees of blocks first..last out of fee histories, a thousand blocks a call: what headers do not hold. Gives
 * nothing where the node refuses the method or no longer has what it needs for old blocks.
 */
export async function readPriorityFees(
  rpc: Rpc,
  first: number,
  last: number,
  signal: AbortSignal,
): Promise<PriorityFeeOf | undefined> {
  const gwei = new Float64Array(last - first + 1).fill(Number.NaN);
  const newest: number[] = [];
  for (let at = last; at >= first; at -= BLOCKS_PER_CALL) newest.push(at);
  try {
    for (let i = 0; i < newest.length; i += CALLS_PER_BATCH) {
      const calls = newest.slice(i, i + CALLS_PER_BATCH).map((block) => ({
        method: 'eth_feeHistory',
        params: [hex(Math.min(BLOCKS_PER_CALL, block - first + 1)), hex(block), [MEDIAN]],
      }));
      for (const result of await rpc.batch(calls, signal)) {
        const { oldestBlock, priorityGwei } = parseFeeHistory(result);
        priorityGwei.forEach((fee, at) => {
          const place = oldestBlock + at - first;
          if (place >= 0 && place < gwei.length) gwei[place] = fee;
        });
      }
    }
  } catch (error) {
    if (error instanceof SourceError && error.code === 'rpc.refused' && error.details.retryable !== true) return undefined;
    throw error;
  }
  return (blockNumber) => gwei[blockNumber - first] ?? Number.NaN;
}
