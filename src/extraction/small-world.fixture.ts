import { DAY_MS, HOUR_MS, type TimeMs } from '../domain/index.ts';
import { type LoopbackServer, startLoopback } from './loopback-server.fixture.ts';
import type { SourceUrls } from './source-urls.ts';

export interface SmallWorld {
  readonly urls: Required<Pick<SourceUrls, 'yahoo' | 'binance' | 'fearGreed' | 'rpc'>>;
  /** Requests so far, `METHOD path`. */
  readonly requests: string[];
  /** Fails every request whose path begins with this, with status 500. */
  failing: string | undefined;
  /** Keeps every request whose path begins with this waiting for ever. */
  hanging: string | undefined;
  nowMs: TimeMs;
  close(): Promise<void>;
}

const GENESIS_MS = Date.UTC(2023, 0, 1);
const SPACING_MS = 600_000;
const priceAt = (timeMs: TimeMs) => 2_000 + 100 * Math.sin(timeMs / (7 * DAY_MS));
const hashOf = (number: number) => `0x${number.toString(16).padStart(64, '0')}`;
const hex = (value: number) => `0x${value.toString(16)}`;

/** Yahoo, Binance, Fear & Greed and a node in a few lines each, with smooth prices and a block every ten minutes. */
export async function startSmallWorld(nowMs: TimeMs): Promise<SmallWorld> {
  const requests: string[] = [];
  const server: LoopbackServer = await startLoopback((request, response, body) => {
    const url = new URL(request.url ?? '/', 'http://loopback');
    requests.push(`${request.method} ${url.pathname}`);
    if (world.hanging !== undefined && url.pathname.startsWith(world.hanging)) return;
    if (world.failing !== undefined && url.pathname.startsWith(world.failing)) {
      response.writeHead(500).end('broken');
      return;
    }
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer(url, body, world.nowMs)));
  });
  const world: SmallWorld = {
    urls: { yahoo: `${server.url}/y`, binance: `${server.url}/b`, fearGreed: `${server.url}/f`, rpc: `${server.url}/rpc` },
    requests,
    failing: undefined,
    hanging: undefined,
    nowMs,
    close: server.close,
  };
  return world;
}

function answer(url: URL, body: string, nowMs: TimeMs): unknown {
  if (url.pathname.startsWith('/y/')) return chart(url.searchParams, nowMs);
  if (url.pathname === '/b/api/v3/klines') return klines(url.searchParams, nowMs);
  if (url.pathname === '/b/api/v3/time') return { serverTime: nowMs };
  if (url.pathname === '/f/fng/') return fearGreed(Number(url.searchParams.get('limit')), nowMs);
  const calls = JSON.parse(body) as { id: number; method: string; params: unknown[] }[];
  return calls.map(({ id, method, params }) => ({ jsonrpc: '2.0', id, result: rpcResult(method, params, nowMs) })).reverse();
}

function chart(query: URLSearchParams, nowMs: TimeMs) {
  const periodMs = query.get('interval') === '1d' ? DAY_MS : HOUR_MS;
  const timestamp: number[] = [];
  const lastMs = Math.min(Number(query.get('period2')) * 1_000 - 1, nowMs);
  for (let at = Math.ceil((Number(query.get('period1')) * 1_000) / periodMs) * periodMs; at <= lastMs; at += periodMs) {
    timestamp.push(at / 1_000);
  }
  const column = (factor: number) => timestamp.map((at) => priceAt(at * 1_000) * factor);
  const quote = { open: column(1), high: column(1.01), low: column(0.99), close: column(1.005), volume: column(1e6) };
  const result = { meta: { symbol: 'ETH-USD', currency: 'USD' }, timestamp, indicators: { quote: [quote] } };
  return { chart: { result: [result], error: null } };
}

function klines(query: URLSearchParams, nowMs: TimeMs) {
  const rows: unknown[] = [];
  const lastMs = Math.min(Number(query.get('endTime')), nowMs);
  for (let at = Math.ceil(Number(query.get('startTime')) / HOUR_MS) * HOUR_MS; at <= lastMs; at += HOUR_MS) {
    if (rows.length >= Number(query.get('limit'))) break;
    const [open, high, low, close] = [1, 1.01, 0.99, 1.005].map((factor) => (priceAt(at) * factor).toFixed(2));
    rows.push([at, open, high, low, close, '12.5', at + HOUR_MS - 1, '25000.0', 10, '6.0', '12000.0', '0']);
  }
  return rows;
}

function fearGreed(limit: number, nowMs: TimeMs) {
  const todayMs = Math.floor(nowMs / DAY_MS) * DAY_MS;
  const data = Array.from({ length: limit }, (_, i) => ({
    value: String((Math.floor(todayMs / DAY_MS) - i) % 101),
    value_classification: 'Neutral',
    timestamp: String((todayMs - i * DAY_MS) / 1_000),
  }));
  return { name: 'Fear and Greed Index', data, metadata: { error: null } };
}

function rpcResult(method: string, [which, isFull]: unknown[], nowMs: TimeMs): unknown {
  if (method === 'eth_chainId') return '0x1';
  if (method === 'eth_getLogs') return [];
  if (method === 'eth_getTransactionReceipt') return { status: '0x1' };
  if (method === 'eth_feeHistory') return feeHistory(Number(which), Number(isFull));
  const newest = Math.floor((nowMs - GENESIS_MS) / SPACING_MS);
  const number = which === 'finalized' ? newest - 1 : Number(which);
  if (number > newest) return null;
  return {
    number: hex(number),
    timestamp: hex((GENESIS_MS + number * SPACING_MS) / 1_000),
    hash: hashOf(number + 1),
    parentHash: hashOf(number),
    gasUsed: hex(15_000_000),
    gasLimit: hex(30_000_000),
    baseFeePerGas: hex(20_000_000_000 + (number % 6) * 1_000_000_000),
    transactions: isFull ? [transaction(number), transaction(0)] : [hashOf(7), hashOf(8)],
  };
}

/** The first transaction of every hundredth block moves 500 ETH, all others half of one. */
function transaction(number: number) {
  const [from, to] = [`0x${'1'.repeat(40)}`, `0x${'2'.repeat(40)}`];
  const value = number > 0 && number % 100 === 0 ? 500n * 10n ** 18n : 5n * 10n ** 17n;
  return { hash: hashOf(10_000_000 + number), from, to, value: `0x${value.toString(16)}` };
}

function feeHistory(count: number, newest: number) {
  const length = Math.min(count, newest + 1);
  const reward = Array.from({ length }, () => ['0x3b9aca00']);
  return { oldestBlock: hex(newest - length + 1), gasUsedRatio: reward.map(() => 0.5), reward };
}
