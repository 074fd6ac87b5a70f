import { HOUR_MS, PUBLICATION } from '../../domain/index.ts';
import type { RpcClient } from '../rpc/rpc-client.ts';
import { completeUpTo, type SourceExtractor } from '../source-extractor.ts';
import { findFirstBlock } from './find-block.ts';
import { HeaderSource } from './header-source.ts';
import { aggregateHours, type HourOfBlocks, hourBatch, NODE_HOURLY } from './hour-aggregate.ts';

/**
 * Chain activity by hour of block timestamp, from the headers of a node. Only blocks that are final are read, and an
 * hour counts when a final block after it exists, or its end, so nothing is ever taken back.
 */
export function createBlockchainExtractor(rpc: RpcClient): SourceExtractor {
  const source = new HeaderSource(rpc);
  return {
    dataset: NODE_HOURLY.dataset,
    name: NODE_HOURLY.series,
    series: [NODE_HOURLY.series],
    chunkDays: 32,
    async extract(range, { nowMs, signal }) {
      const publishedUntilMs = Math.floor((nowMs - PUBLICATION.node_blocks.availableMs(0, 0)) / HOUR_MS) * HOUR_MS;
      const finalized = await source.finalized(signal);
      const finalUntilMs = Math.min(publishedUntilMs, Math.floor(finalized.timeMs / HOUR_MS) * HOUR_MS);
      const endMs = Math.min(range.endMs, finalUntilMs);
      if (range.startMs >= endMs) return { batches: [], complete: [] };
      const after = await findFirstBlock(source, endMs, finalized, signal);
      const first = await findFirstBlock(source, range.startMs, finalized, signal);
      const hours: HourOfBlocks[] = [];
      for await (const hour of aggregateHours(source.scan(first, after - 1, signal))) hours.push(hour);
      const note = first > 0 && !(await source.read([first - 1], signal))[0] ? 'the node has no older blocks' : undefined;
      return {
        batches: [hourBatch(hours, 'headers')],
        complete: completeUpTo(range, endMs),
        ...(note !== undefined && { notes: [{ range, text: note, inPart: true }] }),
      };
    },
  };
}
