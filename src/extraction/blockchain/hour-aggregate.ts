import { HOUR_MS, PUBLICATION, type RowBatch, type SeriesInfo, type TimeMs } from '../../domain/index.ts';
import type { BlockHeader } from '../rpc/parse-block-header.ts';
import type { PriorityFeeOf } from './priority-fees.ts';
import { DETAIL_COLUMNS, type ReadBlock, sumDetails } from './sum-details.ts';

/** How much of each block is read: its header, all of some blocks, or all of all. */
export type BlockDepth = 'headers' | 'sampled' | 'full';

export const NODE_HOURLY: SeriesInfo = { dataset: 'blockchain_data', series: 'node:ethereum:1h', periodMs: HOUR_MS };

const GWEI = 1e9;
const ETHER = 1e18;

/** What the headers of one hour add up to. */
export interface HourOfBlocks {
  readonly hourMs: TimeMs;
  readonly firstBlock: number;
  readonly firstParentHash: string;
  readonly lastBlock: number;
  readonly lastBlockHash: string;
  readonly numbers: Readonly<Record<(typeof HEADER_COLUMNS)[number] | (typeof DETAIL_COLUMNS)[number], number>>;
}

const HEADER_COLUMNS = [
  'block_count',
  'tx_count',
  'gas_used',
  'gas_limit',
  'utilization',
  'base_fee_gwei',
  'base_fee_median_gwei',
  'base_fee_p95_gwei',
  'priority_fee_gwei',
  'burnt_eth',
  'blob_gas_used',
] as const;

const hourOf = (timeMs: TimeMs): TimeMs => Math.floor(timeMs / HOUR_MS) * HOUR_MS;

/** Hours of headers that come in ascending order, each given when the next one begins, the last at the end. */
export async function* aggregateHours(
  batches: AsyncIterable<readonly ReadBlock[]>,
  priorityFees?: Promise<PriorityFeeOf | undefined>,
): AsyncGenerator<HourOfBlocks> {
  let blocks: ReadBlock[] = [];
  let hourMs = Number.NaN;
  for await (const batch of batches) {
    for (const block of batch) {
      const { header } = block;
      if (hourOf(header.timeMs) !== hourMs) {
        if (blocks.length > 0) yield sumHour(blocks, await priorityFees);
        blocks = [];
        hourMs = hourOf(header.timeMs);
      }
      blocks.push(block);
    }
  }
  if (blocks.length > 0) yield sumHour(blocks, await priorityFees);
}

/**
 * Base fees are means and percentiles over blocks, not weighted by gas, by nearest rank. The priority fee is the median of
 * the transactions where they were read, else the mean of the blocks' medians.
 */
function sumHour(read: readonly ReadBlock[], priorityFeeOf: PriorityFeeOf = () => Number.NaN): HourOfBlocks {
  const blocks = read.map(({ header }) => header);
  const [first, last] = [blocks[0]!, blocks.at(-1)!];
  const sum = (pick: (block: BlockHeader) => number) => blocks.reduce((total, block) => total + pick(block), 0);
  const gasUsed = sum((block) => block.gasUsed);
  const gasLimit = sum((block) => block.gasLimit);
  const fees = Float64Array.from(blocks, (block) => block.baseFeeWei).sort();
  const feeAt = (share: number) => fees[Math.ceil(share * fees.length) - 1]! / GWEI;
  const priorities = blocks.map(({ number }) => priorityFeeOf(number)).filter((fee) => !Number.isNaN(fee));
  const details = sumDetails(read);
  return {
    hourMs: hourOf(first.timeMs),
    firstBlock: first.number,
    firstParentHash: first.parentHash,
    lastBlock: last.number,
    lastBlockHash: last.hash,
    numbers: {
      block_count: blocks.length,
      tx_count: sum((block) => block.txCount),
      gas_used: gasUsed,
      gas_limit: gasLimit / blocks.length,
      utilization: gasLimit > 0 ? gasUsed / gasLimit : Number.NaN,
      base_fee_gwei: sum((block) => block.baseFeeWei) / blocks.length / GWEI,
      base_fee_median_gwei: feeAt(0.5),
      base_fee_p95_gwei: feeAt(0.95),
      burnt_eth: sum((block) => (block.gasUsed === 0 ? 0 : block.baseFeeWei * block.gasUsed)) / ETHER,
      blob_gas_used: sum((block) => block.blobGasUsed),
      ...details,
      priority_fee_gwei: Number.isNaN(details.priority_fee_gwei)
        ? priorities.reduce((total, fee) => total + fee, 0) / priorities.length
        : details.priority_fee_gwei,
    },
  };
}

/** Hours as rows of `node:ethereum:1h`. */
export function hourBatch(hours: readonly HourOfBlocks[], depth: BlockDepth): RowBatch {
  const { availableMs } = PUBLICATION.node_blocks;
  const columns = depth === 'headers' ? HEADER_COLUMNS : [...HEADER_COLUMNS, ...DETAIL_COLUMNS];
  return {
    ...NODE_HOURLY,
    source: 'node eth_getBlockByNumber',
    timeMs: Float64Array.from(hours, ({ hourMs }) => hourMs),
    endMs: Float64Array.from(hours, ({ hourMs }) => hourMs + HOUR_MS),
    availableTimeMs: Float64Array.from(hours, ({ hourMs }) => availableMs(hourMs, hourMs + HOUR_MS)),
    numbers: Object.fromEntries(columns.map((name) => [name, Float64Array.from(hours, ({ numbers }) => numbers[name])])),
    texts: {
      depth: hours.map(() => depth),
      last_block_hash: hours.map(({ lastBlockHash }) => lastBlockHash),
    },
  };
}
