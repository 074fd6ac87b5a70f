import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HOUR_MS } from '../../domain/index.ts';
import { describeParser } from '../parser.contract.ts';
import { type BlockDetail, parseBlockDetail } from '../rpc/parse-block-detail.ts';
import type { BlockHeader } from '../rpc/parse-block-header.ts';
import { findFirstBlock } from './find-block.ts';
import { aggregateHours, hourBatch } from './hour-aggregate.ts';
import type { ReadBlock } from './sum-details.ts';

const { signal } = new AbortController();
const header = (number: number, timeMs: number, more: Partial<BlockHeader> = {}): BlockHeader => ({
  number,
  timeMs,
  hash: `0x${number}`,
  parentHash: `0x${number - 1}`,
  gasUsed: 10,
  gasLimit: 20,
  baseFeeWei: 1e9,
  blobGasUsed: 0,
  txCount: 1,
  ...more,
});

describe('findFirstBlock', () => {
  const chain = (times: readonly number[], pruned: number) => {
    let asked = 0;
    return {
      asked: () => asked,
      read: async (numbers: readonly number[]) => {
        asked += 1;
        return numbers.map((number) => (number < pruned ? undefined : header(number, times[number]!)));
      },
    };
  };

  it('finds the first block of a time whatever the spacing, also past pruned blocks', async () => {
    const spacings = fc.array(fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 5_000 })), {
      minLength: 1,
      maxLength: 300,
    });
    await fc.assert(
      fc.asyncProperty(spacings, fc.nat(400_000), fc.nat(100), async (gaps, at, cut) => {
        let time = 0;
        const times = gaps.map((gap) => {
          time += gap;
          return time * 1_000;
        });
        const pruned = Math.min(cut, gaps.length - 1);
        const newest = header(gaps.length - 1, times.at(-1)!);
        const expected = times.findIndex((timeMs, i) => i >= pruned && timeMs >= at * 1_000);
        const found = await findFirstBlock(chain(times, pruned), at * 1_000, newest, signal);
        expect(found).toBe(expected < 0 ? gaps.length : expected);
      }),
      { numRuns: 300 },
    );
  });

  it('asks few times in a long chain', async () => {
    const times = Array.from({ length: 1_000_000 }, (_, i) =>
      i < 400_000 ? i * 14_000 : 400_000 * 14_000 + (i - 400_000) * 12_000,
    );
    const source = chain(times, 0);
    await findFirstBlock(source, times[777_777]!, header(999_999, times[999_999]!), signal);
    expect(source.asked()).toBeLessThan(12);
  });
});

const detail = (more: Partial<BlockDetail> = {}): BlockDetail => ({
  senders: ['a'],
  receivers: ['b'],
  valueEth: 2,
  contractCreations: 1,
  gasPricesGwei: [3],
  sizeBytes: 100,
  ...more,
});
async function* batches(...of: ReadBlock[][]) {
  yield* of;
}
const hoursOf = async (...of: ReadBlock[][]) => {
  const hours = [];
  for await (const hour of aggregateHours(batches(...of))) hours.push(hour);
  return hours;
};

describe('aggregateHours', () => {
  it('sums headers by hour of their timestamp, wherever batches end', async () => {
    const block = (number: number, minute: number, more = {}) => ({
      header: header(number, minute * 60_000, more),
      detail: undefined,
    });
    const hours = await hoursOf(
      [block(1, 0, { baseFeeWei: 2e9 }), block(2, 59, { baseFeeWei: 4e9, gasUsed: 0 })],
      [block(3, 60)],
      [block(4, 119), block(5, 240)],
    );
    expect(hours.map(({ hourMs, firstBlock, lastBlock }) => [hourMs / HOUR_MS, firstBlock, lastBlock])).toEqual([
      [0, 1, 2],
      [1, 3, 4],
      [4, 5, 5],
    ]);
    expect(hours[0]!.numbers).toMatchObject({ block_count: 2, base_fee_gwei: 3, base_fee_p95_gwei: 4, utilization: 0.25 });
    expect(hours[0]!.numbers.burnt_eth).toBeCloseTo(2e-8, 20);
    expect(hours[0]!.numbers.active_senders).toBeNaN();
    expect(Object.keys(hourBatch(hours, 'headers').numbers)).not.toContain('active_senders');
  });

  it('counts addresses exactly when every block is read whole', async () => {
    const [hour] = await hoursOf([
      { header: header(1, 0), detail: detail({ senders: ['a', 'b'], gasPricesGwei: [2, 5] }) },
      { header: header(2, 1), detail: detail({ senders: ['a', 'c'], receivers: ['b', 'd'] }) },
    ]);
    expect(hour!.numbers).toMatchObject({
      active_senders: 3,
      active_receivers: 2,
      active_addresses: 4,
      transfer_volume_eth: 4,
      contract_creations: 2,
      priority_fee_gwei: 2,
      block_size_bytes: 100,
    });
    expect(hour!.numbers.gas_price_gwei).toBeCloseTo(10 / 3, 12);
    expect(hourBatch([hour!], 'full').texts?.depth).toEqual(['full']);
  });

  it('scales sums of a sample and does not guess distinct addresses', async () => {
    const [hour] = await hoursOf([
      { header: header(1, 0, { txCount: 2 }), detail: detail() },
      { header: header(2, 1, { txCount: 6 }), detail: undefined },
    ]);
    expect(hour!.numbers.transfer_volume_eth).toBe(8);
    expect(hour!.numbers.active_senders).toBeNaN();
  });
});

const address = (digit: string) => `0x${digit.repeat(40)}`;
const full = {
  size: '0x100',
  transactions: [
    { from: address('1'), to: address('2'), value: '0xde0b6b3a7640000', gasPrice: '0x3b9aca00' },
    { from: address('3'), to: null, value: '0x0' },
  ],
};

describe('parseBlockDetail', () => {
  it('reads what transactions say together', () => {
    expect(parseBlockDetail(full)).toEqual({
      senders: [address('1'), address('3')],
      receivers: [address('2')],
      valueEth: 1,
      contractCreations: 1,
      gasPricesGwei: [1],
      sizeBytes: 256,
    });
  });
});

describeParser({
  name: 'parseBlockDetail',
  parse: parseBlockDetail,
  reply: full,
  check: ({ senders, valueEth }) => {
    for (const sender of senders) expect(sender).toMatch(/^0x[0-9a-f]{40}$/);
    expect(Number.isFinite(valueEth)).toBe(true);
  },
});
