import { describe, expect, it } from 'vitest';
import { createRng, type Rng, SourceError } from '../../domain/index.ts';
import { describeParser, mutate } from '../parser.contract.ts';
import { parseMarketMessage } from './parse-market-message.ts';
import { parseHead, parseLogNotice, parseNodeMessage } from './parse-node-message.ts';

const OPEN_MS = Date.UTC(2024, 0, 1, 12);
const hash = (digit: string) => `0x${digit.repeat(64)}`;

const kline = {
  e: 'kline',
  E: OPEN_MS + 60_001,
  s: 'ETHUSDT',
  k: {
    t: OPEN_MS,
    T: OPEN_MS + 59_999,
    s: 'ETHUSDT',
    i: '1m',
    f: 100,
    L: 200,
    o: '2281.10',
    c: '2282.00',
    h: '2283.50',
    l: '2280.00',
    v: '123.4567',
    n: 100,
    x: true,
    q: '281000.00',
    V: '60.0000',
    Q: '137000.00',
    B: '0',
  },
};
const trade = {
  e: 'aggTrade',
  E: OPEN_MS + 5,
  s: 'ETHUSDT',
  a: 7,
  p: '2281.11',
  q: '0.5',
  f: 1,
  l: 2,
  T: OPEN_MS,
  m: false,
  M: true,
};
const head = {
  number: '0x10',
  hash: hash('a'),
  parentHash: hash('b'),
  gasUsed: '0x5208',
  gasLimit: '0x1c9c380',
  timestamp: '0x65920080',
  baseFeePerGas: '0x7',
};
const log = {
  address: '0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2',
  topics: [
    '0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef',
    `0x${'0'.repeat(24)}${'1'.repeat(40)}`,
    `0x${'0'.repeat(24)}${'2'.repeat(40)}`,
  ],
  data: `0x${'5'.padStart(64, '0')}`,
  blockNumber: '0x10',
  blockHash: hash('a'),
  transactionHash: hash('c'),
  transactionIndex: '0x1',
  logIndex: '0x3',
  removed: true,
};

const checkMarket = (message: ReturnType<typeof parseMarketMessage>) => {
  if (!message) return;
  expect(Number(message.price)).toBeGreaterThan(0);
  expect(Number.isSafeInteger(message.eventMs)).toBe(true);
  if (message.kind === 'trade') {
    expect(message.id).toBeGreaterThanOrEqual(0);
    return;
  }
  const { open, high, low, close, volume, openTimeMs, closeTimeMs } = message.candle;
  expect(Math.max(open, close)).toBeLessThanOrEqual(high);
  expect(Math.min(open, close)).toBeGreaterThanOrEqual(low);
  expect(low).toBeGreaterThan(0);
  expect(volume).toBeGreaterThanOrEqual(0);
  expect([openTimeMs % 60_000, closeTimeMs - openTimeMs]).toEqual([0, 60_000]);
  if (message.kind === 'closed') expect(message.eventMs).toBeGreaterThanOrEqual(closeTimeMs - 1);
};

describeParser({ name: 'kline of a market stream', parse: parseMarketMessage, reply: kline, check: checkMarket });
describeParser({ name: 'trade of a market stream', parse: parseMarketMessage, reply: trade, check: checkMarket });
describeParser({
  name: 'head of a chain',
  parse: parseHead,
  reply: head,
  check: ({ number, timeMs, hash: own, parentHash }) => {
    expect([number, timeMs].every((value) => Number.isSafeInteger(value) && value >= 0)).toBe(true);
    expect([own, parentHash].every((text) => /^0x[0-9a-f]{64}$/.test(text))).toBe(true);
  },
});
describeParser({
  name: 'log of a chain',
  parse: parseLogNotice,
  reply: log,
  check: (notice) => {
    if (!notice) return;
    expect([notice.transfer.from, notice.transfer.to].every((text) => /^0x[0-9a-f]{40}$/.test(text))).toBe(true);
    expect(notice.transfer.amountWei).toBeGreaterThanOrEqual(0n);
    expect(typeof notice.isRemoved).toBe('boolean');
  },
});

/** A text with a stretch cut out, repeated or overwritten by noise. */
function garble(text: string, rng: Rng): string {
  const at = Math.floor(rng() * text.length);
  const to = at + Math.floor(rng() * 20);
  const noise = ['', '\u0000', '\ud800', '<html>', '{', '"', '9'.repeat(30), '[[[[', 'NaN', '\\u12'];
  return text.slice(0, at) + noise[Math.floor(rng() * noise.length)] + text.slice(to);
}

describe('messages of a node', () => {
  const notice = { jsonrpc: '2.0', method: 'eth_subscription', params: { subscription: '0x1', result: head } };

  it('are replies, refusals and notices', () => {
    expect(parseNodeMessage(JSON.stringify(notice))).toEqual({ kind: 'notice', subscription: '0x1', result: head });
    expect(parseNodeMessage('{"jsonrpc":"2.0","id":2,"result":"0x9"}')).toEqual({ kind: 'reply', id: 2, result: '0x9' });
    expect(parseNodeMessage('{"id":2,"error":{"code":-32601}}')).toEqual({ kind: 'refusal', id: 2, why: '{"code":-32601}' });
  });

  it('are typed errors or sound for thousands of texts', () => {
    const rng = createRng(4);
    let refused = 0;
    for (let round = 0; round < 5_000; round += 1) {
      const changed = rng() < 0.5 ? (JSON.stringify(mutate(notice, rng)) ?? '') : JSON.stringify(notice);
      const text = rng() < 0.7 ? garble(changed, rng) : changed;
      try {
        const message = parseNodeMessage(text);
        if (message.kind === 'notice') expect(parseHead(message.result).hash).toMatch(/^0x[0-9a-f]{64}$/);
      } catch (error) {
        if (!(error instanceof SourceError)) throw error;
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(1_000);
  });
});
