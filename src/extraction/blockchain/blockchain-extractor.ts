import { DAY_MS, HOUR_MS, PUBLICATION, type TimeMs, type Timer, toIso } from '../../domain/index.ts';
import type { Rpc } from '../rpc/rpc.ts';
import { type BlockRun, completeUpTo, type ExtractNote, type SourceExtractor, type TimeRange } from '../source-extractor.ts';
import { BlockSource } from './block-source.ts';
import { findFirstBlock } from './find-block.ts';
import { aggregateHours, type BlockDepth, type HourOfBlocks, hourBatch, NODE_HOURLY } from './hour-aggregate.ts';
import { readPriorityFees } from './priority-fees.ts';

/** At depth `sampled` one block in this many is read whole. */
const SAMPLE_EVERY = 20;
/** Blocks in a day: one every 12 seconds since the Merge. */
const BLOCKS_PER_DAY = 7_200;
/** What a block was long as JSON in 2024: its header with the hashes of its transactions, and with them whole. */
const HEADER_BYTES = 15_000;
const BLOCK_BYTES = 230_000;
const DETAILED_SHARE: Readonly<Record<BlockDepth, number>> = { headers: 0, sampled: 1 / SAMPLE_EVERY, full: 1 };
/** A newest final block older than this says that the node is still syncing, or has stopped. */
const BEHIND_MS = 3 * HOUR_MS;

const DETAILED: Readonly<Record<BlockDepth, (number: number) => boolean>> = {
  headers: () => false,
  sampled: (number) => number % SAMPLE_EVERY === 0,
  full: () => true,
};

/**
 * Chain activity by hour of block timestamp, from the blocks of a node. Only blocks that are final are read, and an hour
 * counts when a final block after its end exists, so nothing is ever taken back.
 */
export function createBlockchainExtractor(rpc: Rpc, timer: Timer, depth: BlockDepth = 'headers'): SourceExtractor {
  const source = new BlockSource(rpc, timer);
  const detailed = DETAILED_SHARE[depth];
  const bytes = BLOCKS_PER_DAY * (detailed * BLOCK_BYTES + (1 - detailed) * HEADER_BYTES);
  return {
    dataset: NODE_HOURLY.dataset,
    name: depth === 'headers' ? NODE_HOURLY.series : `${NODE_HOURLY.series} ${depth}`,
    series: [NODE_HOURLY.series],
    chunkDays: depth === 'full' ? 1 : 32,
    dailyCost: { requests: BLOCKS_PER_DAY / (depth === 'full' ? 40 : 400), bytes, seconds: bytes / 10e6 },
    async extract(range, { nowMs, signal }) {
      const publishedUntilMs = Math.floor((nowMs - PUBLICATION.node_blocks.availableMs(0, 0)) / HOUR_MS) * HOUR_MS;
      const finalized = await source.finalized(signal);
      const finalUntilMs = Math.min(publishedUntilMs, Math.floor(finalized.timeMs / HOUR_MS) * HOUR_MS);
      const endMs = Math.min(range.endMs, finalUntilMs);
      const notes = behindNote(range, finalized.timeMs, nowMs);
      if (range.startMs >= endMs) return { batches: [], complete: [], notes };
      const find = (timeMs: TimeMs) => findFirstBlock(source, timeMs, finalized, signal);
      const [first, after] = await Promise.all([find(range.startMs), find(endMs)]);
      const fees = depth === 'full' ? undefined : readPriorityFees(rpc, first, after - 1, signal);
      fees?.catch(() => undefined);
      const hours: HourOfBlocks[] = [];
      const blocks = source.scan(first, after - 1, DETAILED[depth], signal);
      for await (const hour of aggregateHours(blocks, fees)) hours.push(hour);
      const priorityFeeOf = await fees;
      if (depth !== 'full' && !priorityFeeOf) {
        notes.push({ range, text: 'the node gives no eth_feeHistory: priority fees are missing', inPart: false });
      }
      if (first > 0 && !(await source.read([first - 1], signal))[0]) {
        const firstMs = hours[0]?.hourMs ?? endMs;
        const untilMs = Math.floor(firstMs / DAY_MS) * DAY_MS + DAY_MS;
        notes.push({ range: { startMs: range.startMs, endMs: untilMs }, text: 'the node has no older blocks', inPart: true });
      }
      return {
        batches: [hourBatch(hours, depth)],
        complete: completeUpTo(range, endMs),
        notes,
        ...blockRun(hours, range.startMs, endMs),
      };
    },
  };
}

function behindNote(range: TimeRange, finalizedMs: TimeMs, nowMs: TimeMs): ExtractNote[] {
  if (finalizedMs >= Math.min(range.endMs, nowMs - BEHIND_MS)) return [];
  const text = `the node is behind: its newest final block is of ${toIso(finalizedMs)}`;
  return [{ range: { startMs: Math.max(range.startMs, finalizedMs), endMs: range.endMs }, text, inPart: true }];
}

function blockRun(hours: readonly HourOfBlocks[], startMs: TimeMs, endMs: TimeMs): { readonly blocks?: BlockRun } {
  const [first, last] = [hours[0], hours.at(-1)];
  if (!first || !last) return {};
  const { firstBlock, firstParentHash } = first;
  return { blocks: { startMs, endMs, first: firstBlock, last: last.lastBlock, firstParentHash, lastHash: last.lastBlockHash } };
}
