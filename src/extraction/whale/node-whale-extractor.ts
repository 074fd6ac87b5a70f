import { HOUR_MS } from '../../domain/index.ts';
import { BlockSource } from '../blockchain/block-source.ts';
import { findFirstBlock } from '../blockchain/find-block.ts';
import { completeUpTo, type SourceExtractor } from '../source-extractor.ts';
import { type NodeTransfersOptions, scanTransfers } from './node-transfers.ts';
import { type CandleStore, readPrices } from './price-lookup.ts';
import { type WhaleTransfer, whaleBatch, whalePublishedUntilMs } from './whale-transfer.ts';

const SERIES = 'node:eth:tx';
/** Blocks in one request: few at first, more while the node answers quickly. */
const FIRST_BLOCKS = 25;
const MOST_BLOCKS = 400;
const QUICK_MS = 400;
const SLOW_MS = 3_000;
const SPARE_MS = 15_000;

/** Large transfers out of a node's final blocks. Amounts in USD come from stored candles, and are missing without them. */
export function createNodeWhaleExtractor(options: NodeTransfersOptions & { readonly prices: CandleStore }): SourceExtractor {
  const source = new BlockSource(options.rpc);
  return {
    dataset: 'whale_data',
    name: SERIES,
    series: [SERIES],
    chunkDays: 16,
    async extract(range, { nowMs, signal, remainingMs, pricesSettled }) {
      const finalized = await source.finalized(signal);
      const finalUntilMs = Math.floor(finalized.timeMs / HOUR_MS) * HOUR_MS;
      const endMs = Math.min(range.endMs, finalUntilMs, whalePublishedUntilMs(nowMs));
      if (range.startMs >= endMs) return { batches: [], complete: [] };
      const after = await findFirstBlock(source, endMs, finalized, signal);
      const first = await findFirstBlock(source, range.startMs, finalized, signal);
      await pricesSettled;
      const priceAt = await readPrices(options.prices, range);
      const transfers: WhaleTransfer[] = [];
      let completeUntilMs = range.startMs;
      let width = FIRST_BLOCKS;
      for (let at = first; at < after && remainingMs() > SPARE_MS; ) {
        const last = Math.min(after, at + width) - 1;
        const leftMs = remainingMs();
        const scanned = await scanTransfers(options, at, last, priceAt, signal);
        const tookMs = leftMs - remainingMs();
        if (tookMs < QUICK_MS) width = Math.min(MOST_BLOCKS, width * 2);
        else if (tookMs > SLOW_MS) width = Math.max(1, width >> 1);
        transfers.push(...scanned.transfers);
        const untilMs = Math.floor((scanned.blocks.at(-1)?.timeMs ?? 0) / HOUR_MS) * HOUR_MS;
        completeUntilMs = last === after - 1 ? endMs : Math.max(completeUntilMs, untilMs);
        at = last + 1;
      }
      if (first >= after) completeUntilMs = endMs;
      const within = transfers.filter(({ timeMs }) => timeMs < completeUntilMs);
      return {
        batches: [whaleBatch(SERIES, 'node eth_getBlockByNumber, eth_getLogs', within)],
        complete: completeUpTo(range, completeUntilMs),
        notes: [{ range, text: 'top-level only: Ether that contracts send on is not seen', inPart: false }],
      };
    },
  };
}
