import { describe, expect, it } from 'vitest';
import { SourceError, systemTimer } from '../../domain/index.ts';
import type { Rpc, RpcCall } from '../rpc/rpc.ts';
import { BlockSource } from './block-source.ts';
import { readPriorityFees } from './priority-fees.ts';

const { signal } = new AbortController();
const hash = (number: number) => `0x${number.toString(16).padStart(64, '0')}`;
const hex = (number: number) => `0x${number.toString(16)}`;

/** A node that takes so many calls in a batch, and refuses methods that it does not have. */
class Node implements Rpc {
  readonly sizes: number[] = [];
  readonly #largest: number;

  constructor(largest: number) {
    this.#largest = largest;
  }

  async batch(calls: readonly RpcCall[]): Promise<unknown[]> {
    this.sizes.push(calls.length);
    if (calls.length > this.#largest) throw new SourceError('rpc.refused', 'the node refused: batch too large');
    return calls.map(({ method, params }) => {
      if (method === 'eth_feeHistory') return this.#feeHistory(Number(params[0]), Number(params[1]));
      const number = Number(params[0]);
      return {
        number: hex(number),
        timestamp: hex(number * 12),
        hash: hash(number + 1),
        parentHash: hash(number),
        gasUsed: '0x1',
        gasLimit: '0x2',
        transactions: [],
      };
    });
  }

  async call(method: string, params: readonly unknown[]): Promise<unknown> {
    const [result] = await this.batch([{ method, params }]);
    return result;
  }

  #feeHistory(count: number, newest: number) {
    const blocks = Array.from({ length: count }, (_, i) => newest - count + 1 + i);
    return { oldestBlock: hex(blocks[0]!), gasUsedRatio: blocks.map(() => 0.5), reward: blocks.map((n) => [hex(n * 1e9)]) };
  }
}

const scan = async (node: Rpc, first: number, last: number) => {
  const numbers: number[] = [];
  for await (const blocks of new BlockSource(node, systemTimer).scan(first, last, () => false, signal)) {
    numbers.push(...blocks.map(({ header }) => header.number));
  }
  return numbers;
};

describe('BlockSource', () => {
  const wanted = Array.from({ length: 2_000 }, (_, i) => 50 + i);

  it('asks in larger batches while the node is quick', async () => {
    const node = new Node(1_000);
    expect(await scan(node, 50, 2_049)).toEqual(wanted);
    expect(Math.max(...node.sizes)).toBe(400);
  });

  it('finds the largest batch that a node takes, and loses no block on the way', async () => {
    const node = new Node(30);
    expect(await scan(node, 50, 2_049)).toEqual(wanted);
    const tooLarge = node.sizes.filter((size) => size > 30);
    expect(tooLarge.length).toBeLessThan(20);
    expect(node.sizes.length).toBeLessThan(2_000 / 12 + 20);
  });

  it.each([
    ['goes back in time', { timestamp: hex(1) }],
    ['is not the child of the one before', { parentHash: hash(9_999) }],
  ])('refuses a chain in which a block %s', async (_what, change) => {
    const node = new Node(1_000);
    const broken: Rpc = {
      async batch(calls) {
        const results = (await node.batch(calls)) as { number: string }[];
        return results.map((block) => (Number(block.number) === 77 ? { ...block, ...change } : block));
      },
      call: (method, params) => node.call(method, params),
    };
    await expect(scan(broken, 50, 120)).rejects.toMatchObject({ code: 'rpc.chain_broken', details: { number: 77 } });
  });

  it('gives up where even one block is refused', async () => {
    await expect(scan(new Node(0), 50, 60)).rejects.toMatchObject({ code: 'rpc.refused' });
  });
});

describe('readPriorityFees', () => {
  it('reads a thousand blocks a call, each at its place', async () => {
    const node = new Node(100);
    const feeOf = await readPriorityFees(node, 100, 3_099, signal);
    expect([100, 1_500, 3_099].map((number) => feeOf?.(number))).toEqual([100, 1_500, 3_099]);
    expect(feeOf?.(99)).toBeNaN();
    expect(node.sizes).toEqual([3]);
  });

  it('gives nothing where the node has no fee history', async () => {
    expect(await readPriorityFees(new Node(0), 1, 10, signal)).toBeUndefined();
  });
});
