import { AppError, DAY_MS, HOUR_MS, type Rng, SourceError, type TimeMs, type Timer } from '../domain/index.ts';
import { HttpClient } from './http/index.ts';
import { parseChart } from './price/parse-chart.ts';
import { parseKlines } from './price/parse-klines.ts';
import { parseBlockHeader } from './rpc/parse-block-header.ts';
import { parseFeeHistory } from './rpc/parse-fee-history.ts';
import { RpcClient } from './rpc/rpc-client.ts';
import { parseFearGreed } from './sentiment/parse-fear-greed.ts';
import { parseFeed } from './sentiment/parse-feed.ts';
import type { SourceKeys, SourceUrls } from './source-urls.ts';
import { parseFinality, parseSpec } from './validator/parse-beacon.ts';
import { parseBeaconchainEpoch } from './validator/parse-beaconchain-epoch.ts';
import { parseTransactions } from './whale/parse-transactions.ts';

/** How one source answered one small question. */
export interface SourceCheck {
  readonly name: string;
  /** `differs`: it answered, and not as expected; `not configured`: it was not asked. */
  readonly status: 'ok' | 'differs' | 'failed' | 'not configured';
  /** Host that was asked. */
  readonly host?: string;
  readonly latencyMs?: number;
  /** Where the reply is not as expected; or why there was none. */
  readonly differences: readonly string[];
}

export interface CheckSourcesDeps {
  readonly urls: SourceUrls;
  readonly keys: SourceKeys;
  readonly feeds: readonly string[];
  readonly nowMs: TimeMs;
  readonly timer: Timer;
  readonly rng: Rng;
  readonly requestTimeoutMs: number;
  readonly chainId?: number;
  readonly signal: AbortSignal;
}

interface Question {
  readonly name: string;
  readonly url: string | undefined;
  readonly ask: (http: HttpClient, url: string) => Promise<unknown>;
}

/** Asks every configured source one small question, all at once, each once, and compares the reply with what is expected. */
export async function checkSources(deps: CheckSourcesDeps): Promise<SourceCheck[]> {
  const http = new HttpClient({
    fetch,
    timer: deps.timer,
    rng: deps.rng,
    requestTimeoutMs: deps.requestTimeoutMs,
    maxAttempts: 1,
  });
  return Promise.all(questions(deps).map((question) => check(question, http, deps)));
}

async function check({ name, url, ask }: Question, http: HttpClient, { timer, signal }: CheckSourcesDeps): Promise<SourceCheck> {
  if (url === undefined) return { name, status: 'not configured', differences: [] };
  const { host } = new URL(url);
  const startMs = timer.elapsedMs();
  const since = () => Math.round(timer.elapsedMs() - startMs);
  try {
    await ask(http, url.replace(/\/$/, ''));
    return { name, status: 'ok', host, latencyMs: since(), differences: [] };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof AppError)) throw error;
    const hasAnswered = error.code.endsWith('.reply_invalid') || error.code === 'http.not_json';
    return { name, status: hasAnswered ? 'differs' : 'failed', host, latencyMs: since(), differences: [error.message] };
  }
}

function questions({ urls, keys, feeds, nowMs, chainId, signal }: CheckSourcesDeps): Question[] {
  const get = <T>(path: string, parse: (body: unknown) => T, headers: Readonly<Record<string, string>> = {}) => {
    return (http: HttpClient, url: string) => http.json({ source: url, url: url + path, headers, signal }, parse);
  };
  const seconds = (ms: number) => Math.floor(ms / 1_000);
  const hourAgo = seconds(nowMs - HOUR_MS);
  const chart = `/v8/finance/chart/ETH-USD?interval=1d&period1=${seconds(nowMs - 5 * DAY_MS)}&period2=${seconds(nowMs)}`;
  const klines = `/api/v3/klines?symbol=ETHUSDT&interval=1h&limit=3&endTime=${nowMs}`;
  const alerts = `/v1/transactions?api_key=${encodeURIComponent(keys.whaleAlert ?? '')}&min_value=500000&start=${hourAgo}&limit=1`;
  const nodes = urls.rpc === undefined ? [undefined] : [urls.rpc].flat();
  return [
    { name: 'yahoo', url: urls.yahoo, ask: get(chart, (body) => parseChart(firstResult(body), DAY_MS, nowMs, 'ETH-USD')) },
    { name: 'binance', url: urls.binance, ask: get(klines, (body) => parseKlines(body, HOUR_MS, nowMs)) },
    { name: 'fearGreed', url: urls.fearGreed, ask: get('/fng/?limit=2', parseFearGreed) },
    { name: 'whaleAlert', url: keys.whaleAlert ? urls.whaleAlert : undefined, ask: get(alerts, parseTransactions) },
    ...nodes.map((url, i) => ({
      name: nodes.length > 1 ? `rpc ${i + 1}` : 'rpc',
      url,
      ask: (http: HttpClient, node: string) => askNode(http, node, chainId, signal),
    })),
    { name: 'beacon', url: urls.beacon, ask: (http, url) => askBeacon(http, url, signal) },
    {
      name: 'beaconchain',
      url: urls.beaconchain,
      ask: get('/api/v1/epoch/finalized', parseBeaconchainEpoch, keys.beaconchain ? { apikey: keys.beaconchain } : {}),
    },
    ...feeds.map((url, i) => ({
      name: `feed ${i + 1}`,
      url,
      ask: (http: HttpClient, feed: string) => http.text({ source: feed, url: feed, signal }, parseFeed),
    })),
  ];
}

async function askNode(http: HttpClient, url: string, chainId: number | undefined, signal: AbortSignal): Promise<void> {
  const rpc = new RpcClient(http, url, { source: url, ...(chainId !== undefined && { chainId }) });
  const block = parseBlockHeader(await rpc.call('eth_getBlockByNumber', ['finalized', false], signal));
  if (!block) throw new SourceError('rpc.no_finality', 'the node knows no finalised block');
  parseFeeHistory(await rpc.call('eth_feeHistory', ['0x4', `0x${block.number.toString(16)}`, [50]], signal));
}

async function askBeacon(http: HttpClient, url: string, signal: AbortSignal): Promise<void> {
  const get = <T>(path: string, parse: (body: unknown) => T) =>
    http.json({ source: url, url: `${url}/eth/v1${path}`, signal }, parse);
  await get('/config/spec', parseSpec);
  await get('/beacon/states/finalized/finality_checkpoints', parseFinality);
}

/** The one result in a chart reply. */
const firstResult = (body: unknown): unknown => {
  const chart = body !== null && typeof body === 'object' && 'chart' in body ? body.chart : undefined;
  return chart !== null && typeof chart === 'object' && 'result' in chart && Array.isArray(chart.result)
    ? chart.result[0]
    : undefined;
};
