import { SourceError, type Timer } from '../../domain/index.ts';
import { BatchPace, mayBeTooMuch } from '../rpc/batch-pace.ts';
import { parseBlockDetail } from '../rpc/parse-block-detail.ts';
import { type BlockHeader, parseBlockHeader } from '../rpc/parse-block-header.ts';
import type { Rpc } from '../rpc/rpc.ts';
import type { ReadBlock } from './sum-details.ts';

const FIRST_BATCH = 100;
const LARGEST_BATCH = 400;
/** Whole blocks are some hundred times as long as headers. */
const DETAIL_BATCH = 10;

const hex = (value: number) => `0x${value.toString(16)}`;
type IsDetailed = (number: number) => boolean;

/** Blocks of one node: single headers, and long runs read ahead in batches. */
export class BlockSource {
  readonly #rpc: Rpc;
  readonly #timer: Timer;

  constructor(rpc: Rpc, timer: Timer) {
    this.#rpc = rpc;
    this.#timer = timer;
  }

  /** The newest block that cannot be undone. @throws SourceError `rpc.no_finality` */
  async finalized(signal: AbortSignal): Promise<BlockHeader> {
    const header = parseBlockHeader(await this.#rpc.call('eth_getBlockByNumber', ['finalized', false], signal));
    if (header) return header;
    throw new SourceError('rpc.no_finality', 'the node knows no finalised block', {
      hint: 'It may still be syncing, or have no beacon node beside it.',
    });
  }

  /** Headers by number; `undefined` where the node has none. */
  async read(numbers: readonly number[], signal: AbortSignal): Promise<(BlockHeader | undefined)[]> {
    return (await this.#readBlocks(numbers, () => false, signal)).map((block) => block?.header);
  }

  /**
   * Blocks first..last in order, in batches, each the child of the one before and not older; with their transactions
   * where `isDetailed` says so. How much is asked at once follows how the node answers.
   * @throws SourceError `rpc.block_missing`, `rpc.chain_broken`
   */
  async *scan(first: number, last: number, isDetailed: IsDetailed, signal: AbortSignal): AsyncGenerator<readonly ReadBlock[]> {
    const areAllDetailed = isDetailed(first) && isDetailed(first + 1);
    const pace = areAllDetailed ? new BatchPace(DETAIL_BATCH, DETAIL_BATCH * 4) : new BatchPace(FIRST_BATCH, LARGEST_BATCH);
    const ahead: Promise<(ReadBlock | undefined)[]>[] = [];
    let next = first;
    let previous: BlockHeader | undefined;
    for (let number = first; number <= last; ) {
      while (next <= last && ahead.length < pace.atOnce) {
        const start = next;
        const numbers = Array.from({ length: Math.min(pace.size, last - start + 1) }, (_, i) => start + i);
        const batch = this.#readAtPace(numbers, isDetailed, pace, signal);
        batch.catch(() => undefined);
        ahead.push(batch);
        next += numbers.length;
      }
      const batch = (await ahead.shift()) ?? [];
      const missing = batch.indexOf(undefined);
      if (missing >= 0) {
        throw new SourceError('rpc.block_missing', `the node does not have block ${number + missing}`, {
          details: { number: number + missing },
        });
      }
      const blocks = batch as ReadBlock[];
      for (const { header } of blocks) {
        checkLink(previous, header);
        previous = header;
      }
      number += blocks.length;
      yield blocks;
    }
  }

  /** As `#readBlocks`, in halves where the node finds that too much. */
  async #readAtPace(
    numbers: readonly number[],
    isDetailed: IsDetailed,
    pace: BatchPace,
    signal: AbortSignal,
  ): Promise<(ReadBlock | undefined)[]> {
    const startMs = this.#timer.elapsedMs();
    try {
      const blocks = await this.#readBlocks(numbers, isDetailed, signal);
      pace.took(this.#timer.elapsedMs() - startMs);
      return blocks;
    } catch (error) {
      if (numbers.length === 1 || signal.aborted || !mayBeTooMuch(error)) throw error;
      pace.refused(numbers.length);
      const half = numbers.length >> 1;
      const former = await this.#readAtPace(numbers.slice(0, half), isDetailed, pace, signal);
      return [...former, ...(await this.#readAtPace(numbers.slice(half), isDetailed, pace, signal))];
    }
  }

  async #readBlocks(numbers: readonly number[], isDetailed: IsDetailed, signal: AbortSignal): Promise<(ReadBlock | undefined)[]> {
    const calls = numbers.map((number) => ({ method: 'eth_getBlockByNumber', params: [hex(number), isDetailed(number)] }));
    const results = await this.#rpc.batch(calls, signal);
    return results.map((result, i) => {
      const path = [String(i), 'result'];
      const header = parseBlockHeader(result, path);
      if (!header) return undefined;
      if (header.number !== numbers[i]) {
        throw new SourceError('rpc.wrong_block', `the node gave block ${header.number}, asked was ${numbers[i]}`, {
          details: { retryable: true },
        });
      }
      return { header, detail: isDetailed(header.number) ? parseBlockDetail(result, path) : undefined };
    });
  }
}

function checkLink(previous: BlockHeader | undefined, header: BlockHeader): void {
  if (!previous || (header.parentHash === previous.hash && header.timeMs >= previous.timeMs)) return;
  const what = header.timeMs < previous.timeMs ? 'is older than' : 'is not the child of';
  throw new SourceError('rpc.chain_broken', `block ${header.number} ${what} the block before it`, {
    details: { number: header.number },
    hint: 'The chain was reorganised while it was read, or the node is inconsistent; run again.',
  });
}
