import { DAY_MS, HOUR_MS, PUBLICATION, type TimeMs, toIso } from '../../domain/index.ts';
import type { RpcClient } from '../rpc/rpc-client.ts';
import { type BlockRun, completeUpTo, type ExtractNote, type SourceExtractor, type TimeRange } from '../source-extractor.ts';
import { BlockSource } from './block-source.ts';
import { findFirstBlock } from './find-block.ts';
import { aggregateHours, type BlockDepth, type HourOfBlocks, hourBatch, NODE_HOURLY } from './hour-aggregate.ts';

/** At depth `sampled` one block in this many is read whole. */
const SAMPLE_EVERY = 20;
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
export function createBlockchainExtractor(rpc: RpcClient, depth: BlockDepth = 'headers'): SourceExtractor {
  const source = new BlockSource(rpc);
  return {
    dataset: NODE_HOURLY.dataset,
    name: depth === 'headers' ? NODE_HOURLY.series : `${NODE_HOURLY.series} ${depth}`,
    series: [NODE_HOURLY.series],
    chunkDays: depth === 'full' ? 1 : 32,
    async extract(range, { nowMs, signal }) {
      const publishedUntilMs = Math.floor((nowMs - PUBLICATION.node_blocks.availableMs(0, 0)) / HOUR_MS) * HOUR_MS;
      const finalized = await source.finalized(signal);
      const finalUntilMs = Math.min(publishedUntilMs, Math.floor(finalized.timeMs / HOUR_MS) * HOUR_MS);
      const endMs = Math.min(range.endMs, finalUntilMs);
      const notes = behindNote(range, finalized.timeMs, nowMs);
      if (range.startMs >= endMs) return { batches: [], complete: [], notes };
      const after = await findFirstBlock(source, endMs, finalized, signal);
      const first = await findFirstBlock(source, range.startMs, finalized, signal);
      const hours: HourOfBlocks[] = [];
      const blocks = source.scan(first, after - 1, DETAILED[depth], signal);
      for await (const hour of aggregateHours(blocks)) hours.push(hour);
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
