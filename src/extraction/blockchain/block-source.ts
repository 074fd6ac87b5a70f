import { SourceError } from '../../domain/index.ts';
import { parseBlockDetail } from '../rpc/parse-block-detail.ts';
import { type BlockHeader, parseBlockHeader } from '../rpc/parse-block-header.ts';
import type { RpcClient } from '../rpc/rpc-client.ts';
import type { ReadBlock } from './sum-details.ts';

const BATCH = 100;
/** Whole blocks are some hundred times as long as headers. */
const DETAIL_BATCH = 10;
const BATCHES_AHEAD = 4;

const hex = (value: number) => `0x${value.toString(16)}`;

/** Blocks of one node: single headers, and long runs read ahead in batches. */
export class BlockSource {
  readonly #rpc: RpcClient;

  constructor(rpc: RpcClient) {
    this.#rpc = rpc;
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
   * where `isDetailed` says so.
   * @throws SourceError `rpc.block_missing`, `rpc.chain_broken`
   */
  async *scan(
    first: number,
    last: number,
    isDetailed: (number: number) => boolean,
    signal: AbortSignal,
  ): AsyncGenerator<readonly ReadBlock[]> {
    const width = isDetailed(first) && isDetailed(first + 1) ? DETAIL_BATCH : BATCH;
    const ahead: Promise<(ReadBlock | undefined)[]>[] = [];
    let next = first;
    let previous: BlockHeader | undefined;
    for (let number = first; number <= last; ) {
      while (next <= last && ahead.length < BATCHES_AHEAD) {
        const start = next;
        const numbers = Array.from({ length: Math.min(width, last - start + 1) }, (_, i) => start + i);
        const batch = this.#readBlocks(numbers, isDetailed, signal);
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

  async #readBlocks(
    numbers: readonly number[],
    isDetailed: (number: number) => boolean,
    signal: AbortSignal,
  ): Promise<(ReadBlock | undefined)[]> {
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
