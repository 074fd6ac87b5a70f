import { HOUR_MS, type Timer } from '../../domain/index.ts';
import { BlockSource } from '../blockchain/block-source.ts';
import { findFirstBlock } from '../blockchain/find-block.ts';
import { BatchPace, mayBeTooMuch } from '../rpc/batch-pace.ts';
import { completeUpTo, type SourceExtractor } from '../source-extractor.ts';
import { type NodeTransfersOptions, type ScannedBlocks, scanTransfers } from './node-transfers.ts';
import { type CandleStore, type PriceAt, readPrices } from './price-lookup.ts';
import { isEther } from './tokens.ts';
import { type WhaleTransfer, whaleBatch, whalePublishedUntilMs } from './whale-transfer.ts';

const SERIES = 'node:eth:tx';
/** Dollars that move are no Ether that moves: they are a series of their own. */
const STABLE_SERIES = 'node_stable:usd:tx';
const SOURCE = 'node eth_getBlockByNumber, eth_getLogs';
/** Blocks in one request: few at first, more while the node answers quickly. */
const FIRST_BLOCKS = 25;
const MOST_BLOCKS = 400;
/** With less process time than this left no further blocks are asked for. */
const SPARE_MS = 15_000;
/** Blocks of a day, and what one is long as JSON with its transactions and token logs (2024). */
const BLOCKS_PER_DAY = 7_200;
const BLOCK_BYTES = 300_000;
const TOP_LEVEL = 'top-level only: Ether that contracts send on is not seen; configure extraction.traces';

/** Large transfers out of a node's final blocks. Amounts in USD come from stored candles, and are missing without them. */
export function createNodeWhaleExtractor(
  options: NodeTransfersOptions & { readonly prices: CandleStore; readonly timer: Timer },
): SourceExtractor {
  const { timer } = options;
  const source = new BlockSource(options.rpc, timer);
  return {
    dataset: 'whale_data',
    name: SERIES,
    series: [SERIES, STABLE_SERIES],
    chunkDays: 16,
    dailyCost: {
      requests: BLOCKS_PER_DAY / FIRST_BLOCKS,
      bytes: BLOCKS_PER_DAY * BLOCK_BYTES,
      seconds: (BLOCKS_PER_DAY * BLOCK_BYTES) / 10e6,
    },
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
      const pace = new BatchPace(FIRST_BLOCKS, MOST_BLOCKS);
      for (let at = first; at < after && remainingMs() > SPARE_MS; ) {
        const last = Math.min(after, at + pace.size) - 1;
        const scanned = await scanAtPace(options, at, last, priceAt, pace, signal);
        if (!scanned) continue;
        transfers.push(...scanned.transfers);
        const untilMs = Math.floor((scanned.blocks.at(-1)?.timeMs ?? 0) / HOUR_MS) * HOUR_MS;
        completeUntilMs = last === after - 1 ? endMs : Math.max(completeUntilMs, untilMs);
        at = last + 1;
      }
      if (first >= after) completeUntilMs = endMs;
      const within = transfers.filter(({ timeMs }) => timeMs < completeUntilMs);
      return {
        batches: [
          whaleBatch(SERIES, SOURCE, within.filter(isEther)),
          whaleBatch(
            STABLE_SERIES,
            SOURCE,
            within.filter((transfer) => !isEther(transfer)),
          ),
        ],
        complete: completeUpTo(range, completeUntilMs),
        notes: options.traces ? [] : [{ range, text: TOP_LEVEL, inPart: false }],
      };
    },
  };
}

/** The blocks' transfers; `undefined` where the node finds so many blocks too much, and fewer are to be asked for. */
async function scanAtPace(
  options: NodeTransfersOptions & { readonly timer: Timer },
  first: number,
  last: number,
  priceAt: PriceAt,
  pace: BatchPace,
  signal: AbortSignal,
): Promise<ScannedBlocks | undefined> {
  const startMs = options.timer.elapsedMs();
  try {
    const scanned = await scanTransfers(options, first, last, priceAt, signal);
    pace.took(options.timer.elapsedMs() - startMs);
    return scanned;
  } catch (error) {
    if (first === last || signal.aborted || !mayBeTooMuch(error)) throw error;
    pace.refused(last - first + 1);
    return undefined;
  }
}
