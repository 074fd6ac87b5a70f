import { describe, expect, it } from 'vitest';
import { describeParser } from '../parser.contract.ts';
import { hasRecordedReplies, readRecorded } from '../recorded-replies.fixture.ts';
import { parseBatchReply } from './parse-batch-reply.ts';
import { parseBlockHeader } from './parse-block-header.ts';
import { parseFullBlock } from './parse-full-block.ts';
import { parseTransferLogs, TRANSFER_TOPIC } from './parse-transfer-logs.ts';

const hash = (digit: string) => `0x${digit.repeat(64)}`;
const address = (digit: string) => `0x${digit.repeat(40)}`;
const block = {
  number: '0x10',
  timestamp: '0x65920080',
  hash: hash('a'),
  parentHash: hash('b'),
  gasUsed: '0x5208',
  gasLimit: '0x1c9c380',
  baseFeePerGas: '0x4a817c800',
  transactions: [
    { hash: hash('c'), from: address('1'), to: address('2'), value: '0x3635c9adc5dea00000' },
    { hash: hash('d'), from: address('3'), to: null, value: '0x0' },
  ],
};
const log = {
  address: address('4'),
  topics: [TRANSFER_TOPIC, `0x${'0'.repeat(24)}${'5'.repeat(40)}`, `0x${'0'.repeat(24)}${'6'.repeat(40)}`],
  data: `0x${'0'.repeat(46)}3635c9adc5dea00000`,
  blockNumber: '0x10',
  transactionHash: hash('c'),
  logIndex: '0x3',
};
const ether = (count: number) => BigInt(count) * 10n ** 18n;

describe('parseBatchReply', () => {
  it('puts answers in the order of the calls', () => {
    const reply = [2, 0, 1].map((id) => ({ jsonrpc: '2.0', id, result: `r${id}` }));
    expect(parseBatchReply(reply, 3)).toEqual(['r0', 'r1', 'r2']);
  });

  it.each([
    ['an answer is missing', [{ id: 0, result: 1 }], 'rpc.reply_invalid'],
    [
      'an id is there twice',
      [
        { id: 0, result: 1 },
        { id: 0, result: 1 },
      ],
      'rpc.reply_invalid',
    ],
    [
      'one call is refused',
      [
        { id: 0, result: 1 },
        { id: 1, error: { code: -32601, message: 'no such method' } },
      ],
      'rpc.refused',
    ],
    ['the whole batch is refused', { id: null, error: { code: -32600, message: 'batch too large' } }, 'rpc.refused'],
  ])('tells when %s', (_what, reply, code) => {
    expect(() => parseBatchReply(reply, 2)).toThrow(expect.objectContaining({ code }));
  });

  it('lets a busy node be asked again', () => {
    const reply = [{ id: 0, error: { code: -32005, message: 'limit exceeded' } }];
    expect(() => parseBatchReply(reply, 1)).toThrow(expect.objectContaining({ details: { code: -32005, retryable: true } }));
  });
});

describe('block parsers', () => {
  it('reads a header', () => {
    expect(parseBlockHeader(block)).toEqual({
      number: 16,
      timeMs: 0x65920080 * 1_000,
      hash: hash('a'),
      parentHash: hash('b'),
      gasUsed: 21_000,
      gasLimit: 30_000_000,
      baseFeeWei: 20_000_000_000,
      blobGasUsed: Number.NaN,
      txCount: 2,
    });
    expect(parseBlockHeader(null)).toBeUndefined();
  });

  it('keeps amounts beyond 2^53 exact', () => {
    const full = parseFullBlock({ ...block, transactions: [{ ...block.transactions[0], value: '0x3635c9adc5dea00001' }] }, 0n);
    expect(full?.transactions[0]?.valueWei).toBe(ether(1_000) + 1n);
  });

  it('reads only the large transactions of a block', () => {
    expect(parseFullBlock(block, ether(1))?.transactions.map((one) => one.hash)).toEqual([hash('c')]);
  });

  it('refuses a quantity beyond 2^53 and names its path', () => {
    expect(() => parseBlockHeader({ ...block, gasLimit: `0x${'f'.repeat(16)}` })).toThrow(
      expect.objectContaining({ code: 'rpc.reply_invalid', details: { path: 'gasLimit', retryable: true } }),
    );
  });
});

describe('parseTransferLogs', () => {
  it('reads a transfer and leaves out what is none', () => {
    const token721 = { ...log, topics: [...log.topics, hash('0')] };
    const logs = parseTransferLogs([log, token721, { ...log, removed: true }, { ...log, topics: [hash('9')] }]);
    expect(logs).toEqual([
      {
        token: address('4'),
        blockNumber: 16,
        transactionHash: hash('c'),
        logIndex: 3,
        from: address('5'),
        to: address('6'),
        amountWei: ether(1_000),
      },
    ]);
  });
});

describeParser({
  name: 'parseBatchReply',
  parse: (body) => parseBatchReply(body, 2),
  reply: [
    { jsonrpc: '2.0', id: 0, result: '0x1' },
    { jsonrpc: '2.0', id: 1, result: null },
  ],
  check: (results) => expect(results).toHaveLength(2),
});
describeParser({
  name: 'parseBlockHeader',
  parse: parseBlockHeader,
  reply: block,
  check: (header) => {
    if (!header) return;
    expect(Number.isSafeInteger(header.number) && header.number >= 0).toBe(true);
    expect(header.gasUsed).toBeLessThanOrEqual(header.gasLimit);
  },
});
describeParser({
  name: 'parseFullBlock',
  parse: (body) => parseFullBlock(body, 1n),
  reply: block,
  check: (full) => {
    for (const { hash: id, valueWei } of full?.transactions ?? []) {
      expect(id).toMatch(/^0x[0-9a-f]{64}$/);
      expect(valueWei).toBeGreaterThan(0n);
    }
  },
});
describeParser({
  name: 'parseTransferLogs',
  parse: parseTransferLogs,
  reply: [log, log],
  check: (logs) => {
    for (const { from, to } of logs) expect(from + to).toMatch(/^(0x[0-9a-f]{40}){2}$/);
  },
});

describe.skipIf(!hasRecordedReplies)('recorded blocks of the main network (skipped where they are absent)', () => {
  it('reads an old block with its JSON-RPC envelope', () => {
    const { result } = readRecorded('execution/rpc_eth_getBlockByNumber_0xb872.json') as { result: unknown };
    const full = parseFullBlock(result, 0n);
    expect(full?.header).toMatchObject({ number: 0xb872, baseFeeWei: Number.NaN });
    expect(full?.header.txCount).toBe(full?.transactions.length);
  });

  it('reads a block of 2022 with all transactions', () => {
    const recorded = readRecorded('execution/eth_getBlockByNumber_15571241_full.json') as { result?: unknown };
    const full = parseFullBlock(recorded.result ?? recorded, 0n);
    expect(full?.header.number).toBe(15_571_241);
    expect(full?.transactions).toHaveLength(58);
    expect(full?.header.baseFeeWei).toBeGreaterThan(1e9);
  });
});
