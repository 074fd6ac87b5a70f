import { describe, expect, it } from 'vitest';
import { describeParser } from '../parser.contract.ts';
import { hasRecordedReplies, readRecorded } from '../recorded-replies.fixture.ts';
import { parseFeeHistory } from './parse-fee-history.ts';
import { parseInternalTransfers } from './parse-internal-transfers.ts';

const feeHistory = {
  oldestBlock: '0x10',
  baseFeePerGas: ['0x1', '0x2', '0x3'],
  gasUsedRatio: [0.5, 0],
  reward: [['0x3b9aca00'], ['0x0']],
};

describe('parseFeeHistory', () => {
  it('gives the fee of each block; an empty block has none', () => {
    const { oldestBlock, priorityGwei } = parseFeeHistory(feeHistory);
    expect(oldestBlock).toBe(16);
    expect([...priorityGwei]).toEqual([1, Number.NaN]);
  });
});

describeParser({
  name: 'parseFeeHistory',
  parse: parseFeeHistory,
  reply: feeHistory,
  check: ({ oldestBlock, priorityGwei }) => {
    expect(Number.isSafeInteger(oldestBlock)).toBe(true);
    for (const fee of priorityGwei) expect(Number.isNaN(fee) || fee >= 0).toBe(true);
  },
});

const hash = (digit: string) => `0x${digit.repeat(64)}`;
const address = (digit: string) => `0x${digit.repeat(40)}`;
const ether = (count: number) => `0x${(BigInt(count) * 10n ** 18n).toString(16)}`;
const call = (traceAddress: number[], eth: number, more: object = {}) => ({
  type: 'call',
  action: { callType: 'call', from: address('1'), to: address('2'), value: ether(eth), input: '0x' },
  traceAddress,
  transactionHash: hash('a'),
  ...more,
});
const traces = [
  call([], 500),
  call([0], 300),
  call([0, 0], 5),
  call([1], 400, { error: 'Reverted' }),
  call([1, 0], 200),
  call([2], 250, { action: { callType: 'delegatecall', from: address('1'), to: address('2'), value: ether(250) } }),
  { type: 'reward', action: { author: address('9'), value: ether(2) }, traceAddress: [] },
];

describe('parseInternalTransfers', () => {
  it('finds large calls below the top level, without those that were undone or move nothing of their own', () => {
    expect(parseInternalTransfers(traces, 20n * 10n ** 18n)).toEqual([
      { transactionHash: hash('a'), place: '0', from: address('1'), to: address('2'), valueWei: 300n * 10n ** 18n },
    ]);
  });
});

/** The recorder wrote these two names in its own way. */
interface Recorded {
  readonly transaction_hash: string;
  readonly trace_address: number[];
}

describe.skipIf(!hasRecordedReplies)('recorded traces (skipped where they are absent)', () => {
  it.each([
    ['12483198', 20_069.333],
    ['12914944', 599.996],
    ['13302365', 1_301.601],
  ])('of block %s hold a transfer of %f Ether inside a transaction', (block, eth) => {
    const { traces } = readRecorded(`execution/block_${block}_traces_receipts.json.gz`) as { traces: Recorded[] };
    const asSent = traces.map((trace) => ({
      ...trace,
      transactionHash: trace.transaction_hash,
      traceAddress: trace.trace_address,
    }));
    const found = parseInternalTransfers(asSent, 100n * 10n ** 18n).map(({ valueWei }) => Number(valueWei) / 1e18);
    expect(Math.max(...found)).toBeCloseTo(eth, 3);
  });
});

describeParser({
  name: 'parseInternalTransfers',
  parse: (body) => parseInternalTransfers(body, 1n),
  reply: traces,
  check: (transfers) => {
    for (const { from, valueWei, place } of transfers) {
      expect(from).toMatch(/^0x[0-9a-f]{40}$/);
      expect(valueWei).toBeGreaterThan(0n);
      expect(place).toMatch(/^\d+(-\d+)*$/);
    }
  },
});
