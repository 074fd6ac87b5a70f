import { describe, expect, it } from 'vitest';
import { SourceError, type Timer } from '../../domain/index.ts';
import { FallbackRpc } from './fallback-rpc.ts';
import type { Rpc, RpcCall } from './rpc.ts';

const { signal } = new AbortController();
const block = (number: number): RpcCall => ({ method: 'eth_getBlockByNumber', params: [number, false] });

class Node implements Rpc {
  readonly asked: RpcCall[][] = [];
  isDown = false;
  readonly #name: string;
  readonly #oldest: number;

  constructor(name: string, oldest = 0) {
    this.#name = name;
    this.#oldest = oldest;
  }

  async batch(calls: readonly RpcCall[]): Promise<unknown[]> {
    this.asked.push([...calls]);
    if (this.isDown) throw new SourceError('http.unreachable', `${this.#name} is down`);
    return calls.map(({ params }) => (Number(params[0]) < this.#oldest ? null : `${this.#name} ${params[0]}`));
  }

  async call(): Promise<unknown> {
    throw new Error('only batches are asked');
  }
}

const timerAt = (clock: { nowMs: number }): Timer => ({ elapsedMs: () => clock.nowMs, sleep: async () => undefined });

describe('FallbackRpc', () => {
  it('asks the next node when one is down, and the first again after a rest', async () => {
    const clock = { nowMs: 0 };
    const [own, other] = [new Node('own'), new Node('other')];
    const rpc = new FallbackRpc([own, other], timerAt(clock));
    expect(await rpc.batch([block(1)], signal)).toEqual(['own 1']);
    own.isDown = true;
    expect(await rpc.batch([block(2)], signal)).toEqual(['other 2']);
    own.isDown = false;
    expect(await rpc.batch([block(3)], signal)).toEqual(['other 3']);
    expect(own.asked).toHaveLength(2);
    clock.nowMs = 60_001;
    expect(await rpc.batch([block(4)], signal)).toEqual(['own 4']);
  });

  it('asks others only for the blocks that one does not have', async () => {
    const [pruned, archive] = [new Node('pruned', 100), new Node('archive')];
    const rpc = new FallbackRpc([pruned, archive], timerAt({ nowMs: 0 }));
    expect(await rpc.batch([block(99), block(100)], signal)).toEqual(['archive 99', 'pruned 100']);
    expect(archive.asked).toEqual([[block(99)]]);
  });

  it('gives null where no node has the block, and the first error where all fail', async () => {
    const nodes = [new Node('one', 10), new Node('two', 10)];
    const rpc = new FallbackRpc(nodes, timerAt({ nowMs: 0 }));
    expect(await rpc.batch([block(5)], signal)).toEqual([null]);
    for (const node of nodes) node.isDown = true;
    await expect(rpc.batch([block(50)], signal)).rejects.toThrow('one is down');
    nodes[1]!.isDown = false;
    expect(await rpc.batch([block(51)], signal)).toEqual(['two 51']);
  });
});
