import { afterEach, describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, systemTimer } from '../../domain/index.ts';
import { HttpClient } from '../http/index.ts';
import { type LoopbackServer, startLoopback } from '../loopback-server.fixture.ts';
import { describeParser } from '../parser.contract.ts';
import { hasRecordedReplies, readRecorded } from '../recorded-replies.fixture.ts';
import { TRANSFER_TOPIC } from '../rpc/parse-transfer-logs.ts';
import { RpcClient } from '../rpc/rpc-client.ts';
import type { ExtractContext, SourceExtractor } from '../source-extractor.ts';
import { AddressBook } from './address-labels.ts';
import { createNodeWhaleExtractor } from './node-whale-extractor.ts';
import { parseTransactions } from './parse-transactions.ts';
import { createWhaleAlertExtractor } from './whale-alert-extractor.ts';
import { createWhaleExtractor } from './whale-extractor.ts';

const DAY = Date.UTC(2024, 1, 10);
const NOW = DAY + 3 * DAY_MS;
const context = (nowMs = NOW): ExtractContext => ({
  nowMs,
  signal: new AbortController().signal,
  remainingMs: () => 60_000,
  pricesSettled: Promise.resolve(),
});
const alert = (timestampMs: number, more: object = {}) => ({
  blockchain: 'ethereum',
  symbol: 'eth',
  id: String(timestampMs),
  transaction_type: 'transfer',
  hash: 'ab'.repeat(32),
  from: { address: '1'.repeat(40), owner_type: 'unknown', owner: '' },
  to: { address: '2'.repeat(40), owner_type: 'exchange', owner: 'binance' },
  timestamp: timestampMs / 1_000,
  amount: 1_234.5,
  amount_usd: 3_000_000,
  ...more,
});
const reply = { result: 'success', cursor: 'x-1', count: 2, transactions: [alert(DAY), alert(DAY + 60_000, { symbol: 'WETH' })] };

let server: LoopbackServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});
const http = () => new HttpClient({ fetch, timer: systemTimer, rng: () => 0, maxAttempts: 2 });

describe('parseTransactions', () => {
  it('keeps transfers of Ether and says which way they went', () => {
    const others = [alert(DAY, { blockchain: 'bitcoin' }), alert(DAY, { symbol: 'usdt' })];
    const mint = alert(DAY, { transaction_type: 'mint', symbol: 'stETH' });
    const out = alert(DAY, { from: { owner_type: 'exchange', owner: 'kraken' }, to: { owner_type: 'unknown' } });
    const page = parseTransactions({ ...reply, transactions: [alert(DAY), ...others, mint, out] });
    expect(page.count).toBe(5);
    expect(page.transfers.map(({ symbol, flow, fromOwner, toOwner }) => [symbol, flow, fromOwner, toOwner])).toEqual([
      ['ETH', 'inflow', null, 'binance'],
      ['STETH', 'mint', null, 'binance'],
      ['ETH', 'outflow', 'kraken', null],
    ]);
    expect(page.transfers[0]).toMatchObject({ timeMs: DAY, amountEth: 1_234.5, amountUsd: 3_000_000 });
    expect(page.transfers[0]!.id).toBe(`0x${'ab'.repeat(32)}:${DAY}`);
  });

  it.each([
    ['invalid api_key', 'whale_alert.key_refused'],
    ['usage limit reached', 'whale_alert.plan_exhausted'],
    ['value out of range for parameter start', 'whale_alert.refused'],
  ])('tells the error "%s" in a reply with status 200', (message, code) => {
    expect(() => parseTransactions({ result: 'error', message })).toThrow(expect.objectContaining({ code }));
  });
});

describeParser({
  name: 'parseTransactions',
  parse: parseTransactions,
  reply,
  check: ({ transfers }) => {
    for (const { timeMs, amountEth, symbol } of transfers) {
      expect(Number.isInteger(timeMs) && Number.isFinite(amountEth) && amountEth >= 0).toBe(true);
      expect(['ETH', 'WETH', 'STETH']).toContain(symbol);
    }
  },
});

describe.skipIf(!hasRecordedReplies)('recorded Whale Alert replies (skipped where they are absent)', () => {
  it('are read', () => {
    expect(parseTransactions(readRecorded('whale_alert/transactions_v1_response.json'))).toMatchObject({
      count: 2,
      transfers: [],
    });
    expect(parseTransactions(readRecorded('whale_alert/transactions_v1_empty.json'))).toMatchObject({ count: 0, transfers: [] });
    expect(() => parseTransactions(readRecorded('whale_alert/transactions_v1_error.json'))).toThrow(
      expect.objectContaining({ code: 'whale_alert.key_refused' }),
    );
  });
});

describe('Whale Alert extractor', () => {
  it('asks hour by hour, follows the cursor and takes every transfer once', async () => {
    const all = Array.from({ length: 250 }, (_, i) => alert(DAY + i * 10_000, { id: String(i) }));
    const windows: number[] = [];
    server = await startLoopback((request, response) => {
      const query = new URL(request.url ?? '', 'http://x').searchParams;
      const [start, end] = [Number(query.get('start')), Number(query.get('end'))];
      windows.push(end - start);
      const within = all.filter(({ timestamp }) => timestamp >= start && timestamp <= end);
      const from = Number(query.get('cursor') ?? 0);
      const page = within.slice(from, from + Number(query.get('limit')));
      response.end(
        JSON.stringify({ result: 'success', cursor: String(from + page.length), count: page.length, transactions: page }),
      );
    });
    const extractor = createWhaleAlertExtractor({ http: http(), baseUrl: server.url, key: 'k' });
    const { batches, complete } = await extractor.extract({ startMs: DAY, endMs: DAY + DAY_MS }, context());
    expect(batches[0]!.ids).toHaveLength(250);
    expect(new Set(batches[0]!.ids).size).toBe(250);
    expect(Math.max(...windows)).toBeLessThanOrEqual(3_600);
    expect(complete).toEqual([{ startMs: DAY, endMs: DAY + DAY_MS }]);
    expect(batches[0]!.availableTimeMs[0]).toBe(DAY + HOUR_MS + 600_000);
  });

  it('gives the hours it had time for', async () => {
    server = await startLoopback((_request, response) => response.end(JSON.stringify({ result: 'success', count: 0 })));
    const extractor = createWhaleAlertExtractor({ http: http(), baseUrl: server.url, key: 'k' });
    let left = 100_000;
    const hurried = { ...context(), remainingMs: () => (left -= 30_000) };
    const { complete } = await extractor.extract({ startMs: DAY, endMs: DAY + DAY_MS }, hurried);
    expect(complete).toEqual([{ startMs: DAY, endMs: DAY + 8 * HOUR_MS }]);
  });
});

const address = (digit: string) => `0x${digit.repeat(40)}`;
const EXCHANGE = address('e');
const hashOf = (number: number) => `0x${number.toString(16).padStart(64, '0')}`;
const wei = (eth: number) => `0x${(BigInt(eth) * 10n ** 18n).toString(16)}`;
const topic = (of: string) => `0x${'0'.repeat(24)}${of.slice(2)}`;

const internalCall = (eth: number) => ({
  type: 'call',
  action: { callType: 'call', from: address('7'), to: EXCHANGE, value: wei(eth) },
  traceAddress: [0],
  transactionHash: hashOf(9_005),
});

/** A node with a block every ten minutes since two days before DAY; block 300 and its neighbours hold large transfers. */
function nodeResult(method: string, params: unknown[]): unknown {
  if (method === 'eth_chainId') return '0x1';
  if (method === 'eth_getTransactionReceipt') return { status: params[0] === hashOf(9_003) ? '0x0' : '0x1' };
  if (method === 'eth_getLogs') {
    const [from, to] = [
      Number((params[0] as { fromBlock: string }).fromBlock),
      Number((params[0] as { toBlock: string }).toBlock),
    ];
    return from > 301 || to < 301
      ? []
      : [
          {
            address: '0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2',
            topics: [TRANSFER_TOPIC, topic(EXCHANGE), topic(address('3'))],
            data: `0x${BigInt(wei(700)).toString(16).padStart(64, '0')}`,
            blockNumber: '0x12d',
            transactionHash: hashOf(9_010),
            logIndex: '0x5',
          },
          {
            address: '0xdac17f958d2ee523a2206206994597c13d831ec7',
            topics: [TRANSFER_TOPIC, topic(address('3')), topic(EXCHANGE)],
            data: `0x${(5_000_000n * 10n ** 6n).toString(16).padStart(64, '0')}`,
            blockNumber: '0x12d',
            transactionHash: hashOf(9_011),
            logIndex: '0x6',
          },
        ];
  }
  if (method === 'trace_block') return Number(params[0]) === 300 ? [internalCall(600)] : [];
  const number = params[0] === 'finalized' ? 1_000 : Number(params[0]);
  const transfer = (id: number, from: string, to: string | null, eth: number) => ({
    hash: hashOf(id),
    from,
    to,
    value: wei(eth),
  });
  const large = [
    transfer(9_001, address('1'), EXCHANGE, 400),
    transfer(9_002, address('1'), address('2'), 300),
    transfer(9_003, address('1'), EXCHANGE, 900),
    transfer(9_004, address('1'), null, 500),
    transfer(9_005, address('1'), address('2'), 10),
  ];
  return {
    number: `0x${number.toString(16)}`,
    timestamp: `0x${((DAY - 2 * DAY_MS + number * 600_000) / 1_000).toString(16)}`,
    hash: hashOf(number + 1),
    parentHash: hashOf(number),
    gasUsed: '0x1',
    gasLimit: '0x2',
    transactions: number === 300 ? large : [],
  };
}

async function startNode(): Promise<string> {
  server = await startLoopback((_request, response, body) => {
    const calls = JSON.parse(body) as { id: number; method: string; params: unknown[] }[];
    response.end(JSON.stringify(calls.map(({ id, method, params }) => ({ id, result: nodeResult(method, params) }))));
  });
  return server.url;
}

const nodeExtractor = (url: string, knownSinceMs: number, close = 2_500, traces = false) =>
  createNodeWhaleExtractor({
    rpc: new RpcClient(http(), url),
    book: new AddressBook([
      { address: EXCHANGE.toUpperCase().replace('0X', '0x'), owner: 'big exchange', kind: 'exchange', knownSinceMs },
    ]),
    minValueUsd: 500_000,
    traces,
    timer: systemTimer,
    prices: {
      readSeries: async () => ({ endMs: Float64Array.of(DAY - HOUR_MS, DAY), numbers: { close: Float64Array.of(1, close) } }),
    },
  });

describe('node whale extractor', () => {
  const range = { startMs: DAY, endMs: DAY + DAY_MS };

  it('finds large transfers that succeeded, native and by log, with their price and direction', async () => {
    const { batches, complete, notes } = await nodeExtractor(await startNode(), 0).extract(range, context());
    const [batch] = batches;
    expect(batch!.ids).toEqual([hashOf(9_001), hashOf(9_002), `${hashOf(9_010)}:5`]);
    expect([...batch!.numbers.amount_eth!]).toEqual([400, 300, 700]);
    expect([...batch!.numbers.amount_usd!]).toEqual([1_000_000, 750_000, 1_750_000]);
    expect(batch!.texts?.flow).toEqual(['inflow', 'wallet', 'outflow']);
    expect(batch!.texts?.symbol).toEqual(['ETH', 'ETH', 'WETH']);
    expect(batch!.texts?.to_owner).toEqual(['big exchange', null, null]);
    expect(complete).toEqual([range]);
    expect(notes?.[0]).toMatchObject({ inPart: false, text: expect.stringContaining('top-level only') });
  });

  it('keeps dollars that move in a series of their own', async () => {
    const { batches } = await nodeExtractor(await startNode(), 0).extract(range, context());
    expect(batches[1]).toMatchObject({ series: 'node_stable:usd:tx', ids: [`${hashOf(9_011)}:6`] });
    expect(batches[1]!.texts).toMatchObject({ symbol: ['USDT'], flow: ['inflow'] });
    expect([...batches[1]!.numbers.amount_usd!, ...batches[1]!.numbers.amount_eth!]).toEqual([5_000_000, 2_000]);
  });

  it('sees Ether that contracts send on where the node has traces', async () => {
    const { batches, notes } = await nodeExtractor(await startNode(), 0, 2_500, true).extract(range, context());
    expect(batches[0]!.ids).toContain(`${hashOf(9_005)}:internal-0`);
    expect(notes).toEqual([]);
  });

  it('does not use a label from before it was known', async () => {
    const { batches } = await nodeExtractor(await startNode(), DAY + 10 * DAY_MS).extract(range, context());
    expect(batches[0]!.texts?.flow).toEqual([null, 'wallet', null]);
    expect(batches[0]!.texts?.to_owner).toEqual([null, null, null]);
    expect(batches[0]!.texts?.flag).toEqual(['label_later', null, 'label_later']);
  });

  it('takes the threshold in USD at the price of that time', async () => {
    const { batches } = await nodeExtractor(await startNode(), 0, 1_500).extract(range, context());
    expect([...batches[0]!.numbers.amount_eth!]).toEqual([400, 700]);
  });

  it('refuses a node on another chain', async () => {
    const url = await startNode();
    const rpc = new RpcClient(http(), url, { chainId: 5 });
    await expect(rpc.call('eth_chainId', [], new AbortController().signal)).rejects.toMatchObject({ code: 'rpc.wrong_chain' });
  });
});

describe('whales from two sources', () => {
  const source = (name: string, fails = false): SourceExtractor => ({
    dataset: 'whale_data',
    name,
    series: [name],
    chunkDays: 1,
    dailyCost: { requests: 1, bytes: 1, seconds: 1 },
    async extract(range) {
      if (fails) throw new Error(`${name} is down`);
      return { batches: [], complete: [range], notes: [{ range, text: name, inPart: false }] };
    },
  });
  const asked = async (alerts: SourceExtractor, node: SourceExtractor, startMs: number) =>
    (await createWhaleExtractor(alerts, node)!.extract({ startMs, endMs: startMs + DAY_MS }, context())).notes?.[0]?.text;

  it('takes each stretch from one of them', async () => {
    expect(await asked(source('alerts'), source('node'), NOW - 5 * DAY_MS)).toBe('alerts');
    expect(await asked(source('alerts'), source('node'), NOW - 50 * DAY_MS)).toBe('node');
    expect(await asked(source('alerts', true), source('node'), NOW - 5 * DAY_MS)).toBe('node');
    await expect(asked(source('alerts', true), source('node', true), NOW - 5 * DAY_MS)).rejects.toThrow('alerts is down');
  });
});
