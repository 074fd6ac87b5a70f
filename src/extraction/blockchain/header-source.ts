import { SourceError } from '../../domain/index.ts';
import { type BlockHeader, parseBlockHeader } from '../rpc/parse-block-header.ts';
import type { RpcClient } from '../rpc/rpc-client.ts';

const BATCH = 100;
const BATCHES_AHEAD = 4;

const hex = (value: number) => `0x${value.toString(16)}`;

/** Headers of one node: single ones, and long runs read ahead in batches. */
export class HeaderSource {
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
    const calls = numbers.map((number) => ({ method: 'eth_getBlockByNumber', params: [hex(number), false] }));
    const results = await this.#rpc.batch(calls, signal);
    return results.map((result, i) => {
      const header = parseBlockHeader(result, [String(i), 'result']);
      if (header && header.number !== numbers[i]) {
        throw new SourceError('rpc.wrong_block', `the node gave block ${header.number}, asked was ${numbers[i]}`, {
          details: { retryable: true },
        });
      }
      return header;
    });
  }

  /**
   * Headers first..last in order, each the child of the one before and not older.
   * @throws SourceError `rpc.block_missing`, `rpc.chain_broken`
   */
  async *scan(first: number, last: number, signal: AbortSignal): AsyncGenerator<BlockHeader> {
    const ahead: Promise<(BlockHeader | undefined)[]>[] = [];
    let next = first;
    let previous: BlockHeader | undefined;
    for (let number = first; number <= last; ) {
      while (next <= last && ahead.length < BATCHES_AHEAD) {
        const length = Math.min(BATCH, last - next + 1);
        const start = next;
        const batch = this.read(
          Array.from({ length }, (_, i) => start + i),
          signal,
        );
        batch.catch(() => undefined);
        ahead.push(batch);
        next += length;
      }
      for (const header of (await ahead.shift()) ?? []) {
        if (!header)
          throw new SourceError('rpc.block_missing', `the node does not have block ${number}`, { details: { number } });
        checkLink(previous, header);
        yield header;
        previous = header;
        number += 1;
      }
    }
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
