import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../domain/index.ts';
import { type Sandbox, startSandbox } from '../index.ts';

const START_MS = Date.UTC(2024, 0, 1);
const MAX_WAIT_MS = 10_000;
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function openSandbox(...faults: string[]): Promise<Sandbox> {
  const sandbox = await startSandbox({ seed: 3, startMs: START_MS, edge: 0.1, speed: 0, faults });
  closing.push(() => sandbox.close());
  return sandbox;
}

/** A client that keeps what it is sent. */
async function connect(url: string) {
  const socket = new WebSocket(url);
  closing.push(() => socket.terminate());
  const texts: string[] = [];
  const waiting: (() => void)[] = [];
  let closeCode: number | undefined;
  const wake = () => {
    for (const resolve of waiting.splice(0)) resolve();
  };
  socket.on('message', (data) => {
    texts.push(String(data));
    wake();
  });
  socket.on('close', (code) => {
    closeCode = code;
    wake();
  });
  socket.on('error', wake);
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('unexpected-response', (_, { statusCode }) => reject(new Error(`HTTP ${statusCode}`)));
    socket.once('error', reject);
  });
  const until = async <T>(find: () => T | undefined): Promise<T> => {
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      await new Promise<void>((resolve, reject) => {
        const late = setTimeout(() => reject(new Error(`nothing came; so far: ${texts.length} messages`)), MAX_WAIT_MS);
        waiting.push(() => {
          clearTimeout(late);
          resolve();
        });
      });
    }
  };
  return {
    messages: () => texts.map((text) => JSON.parse(text)),
    texts,
    until,
    ask: (body: unknown) => socket.send(JSON.stringify(body)),
    arrived: (count: number) => until(() => (texts.length >= count ? true : undefined)),
    closed: () => until(() => closeCode),
  };
}

const control = async (sandbox: Sandbox, path: string, body: unknown) =>
  (await fetch(`${sandbox.urls.control}${path}`, { method: 'POST', body: JSON.stringify(body) })).status;

describe('the market streams of the sandbox', () => {
  it('tell every minute that closed, as REST tells it, and the one that forms', async () => {
    const sandbox = await openSandbox();
    const client = await connect(`${sandbox.urls.binanceWs}/ws/ethusdt@kline_1m`);
    sandbox.clock.moveTo(START_MS + HOUR_MS + 20_000);
    await client.arrived(61);
    const told = client.messages().map(({ E, k }) => [E, k.t, k.o, k.h, k.l, k.c, k.v, k.x]);
    const url = `${sandbox.urls.binance}/api/v3/klines?symbol=ETHUSDT&interval=1m&startTime=${START_MS}&limit=100`;
    const klines = (await (await fetch(url)).json()) as unknown[][];
    const ends = klines.map(([openMs]) => Math.min(Number(openMs) + MINUTE_MS, sandbox.clock.nowMs()));
    expect(told).toEqual(klines.map((row, i) => [ends[i], ...row.slice(0, 6), i < 60]));
  });

  it('serve as many streams as are subscribed, and end after a day', async () => {
    const sandbox = await openSandbox();
    const client = await connect(`${sandbox.urls.binanceWs}/stream`);
    const params = ['ethusdt@trade', 'ethusdt@aggTrade', 'ethusdt@bookTicker', 'ethusdt@depth@100ms', 'ethusdt@miniTicker'];
    client.ask({ method: 'SUBSCRIBE', params, id: 1 });
    await client.arrived(1);
    sandbox.clock.moveTo(START_MS + 2 * MINUTE_MS);
    await client.arrived(8);
    expect(client.messages()[0]).toEqual({ result: null, id: 1 });
    expect(client.messages().map(({ stream }) => stream?.slice(8))).toEqual([
      undefined,
      'trade',
      'trade',
      'aggTrade',
      'aggTrade',
      'bookTicker',
      'depth@100ms',
      'miniTicker',
    ]);
    client.ask('nonsense');
    await client.arrived(9);
    expect(client.messages().at(-1)).toMatchObject({ error: { code: 2 } });
    sandbox.clock.moveTo(START_MS + DAY_MS);
    expect(await client.closed()).toBe(1001);
  });

  it("are what ccxt's own WebSocket class understands", async () => {
    const sandbox = await openSandbox();
    const file = new URL('../js/src/pro/binance.js', pathToFileURL(createRequire(import.meta.url).resolve('ccxt')));
    const { default: Binance } = (await import(file.href)) as { default: new (options: object) => CcxtBinance };
    const exchange = new Binance({
      options: { fetchMarkets: { types: ['spot'] }, fetchCurrencies: false, fetchMargins: false, defaultType: 'spot' },
    });
    closing.push(() => exchange.close());
    const redirect = (urls: unknown): unknown =>
      typeof urls === 'string'
        ? urls.replace(/^https:\/\/[^/]+/, sandbox.urls.binance).replace(/^wss:\/\/[^/]+/, sandbox.urls.binanceWs)
        : urls !== null && typeof urls === 'object'
          ? Object.fromEntries(Object.entries(urls).map(([key, value]) => [key, redirect(value)]))
          : urls;
    exchange.urls = redirect(exchange.urls);
    await exchange.loadHttpProxyAgent();
    await exchange.loadMarkets();
    const moving = setInterval(() => sandbox.clock.moveTo(sandbox.clock.nowMs() + 20_000), 20);
    closing.push(() => clearInterval(moving));
    const symbol = 'ETH/USDT';
    const [candle] = await exchange.watchOHLCV(symbol, '1m');
    const [, open, high, low, close] = candle!;
    expect([Math.max(open!, close!) <= high!, Math.min(open!, close!) >= low!]).toEqual([true, true]);
    expect(await exchange.watchTicker(symbol, { name: 'ticker' })).toMatchObject({ symbol, last: expect.closeTo(close!, -2) });
    expect((await exchange.watchTrades(symbol))[0]).toMatchObject({ symbol, side: 'buy' });
    const { bids, asks } = await exchange.watchOrderBook(symbol);
    expect(bids[0]![0]).toBeLessThan(asks[0]![0]!);
  });
});

interface CcxtBinance {
  urls: unknown;
  loadHttpProxyAgent(): Promise<void>;
  loadMarkets(): Promise<unknown>;
  watchOHLCV(symbol: string, timeframe: string): Promise<number[][]>;
  watchTicker(symbol: string, params: object): Promise<unknown>;
  watchTrades(symbol: string): Promise<unknown[]>;
  watchOrderBook(symbol: string): Promise<{ bids: number[][]; asks: number[][] }>;
  close(): Promise<void>;
}

describe('the node of the sandbox over WebSocket', () => {
  const subscribed = async (sandbox: Sandbox) => {
    const client = await connect(sandbox.urls.ws);
    client.ask({ jsonrpc: '2.0', id: 1, method: 'eth_subscribe', params: ['newHeads'] });
    client.ask({ jsonrpc: '2.0', id: 2, method: 'eth_subscribe', params: ['logs', { topics: [] }] });
    await client.arrived(2);
    const [heads, logs] = client.messages().map(({ result }) => result as string);
    const of = (name: string | undefined) =>
      client.messages().flatMap(({ params }) => (params?.subscription === name ? [params.result] : []));
    return { ...client, heads: () => of(heads), logs: () => of(logs) };
  };
  const latest = async ({ urls }: Sandbox) => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_getBlockByNumber', params: ['latest', false] });
    const reply = await fetch(urls.rpc, { method: 'POST', body });
    return ((await reply.json()) as { result: { hash: string; number: string } }).result;
  };

  it('answers calls, announces each block and its logs, and says which were undone', async () => {
    const sandbox = await openSandbox();
    await control(sandbox, '/reorgs', { rate: 0 });
    const client = await subscribed(sandbox);
    client.ask({ jsonrpc: '2.0', id: 3, method: 'eth_chainId', params: [] });
    await client.arrived(3);
    expect(client.messages()[2]).toEqual({ jsonrpc: '2.0', id: 3, result: '0x1' });
    const { chain } = sandbox.world;
    const first = chain.headAt(START_MS) + 1;
    let last = first + 20;
    while (!chain.transfers(last).some(({ token }) => token)) last++;
    sandbox.clock.moveTo(chain.timestampMs(last));
    await client.arrived(3 + last - first + 1);
    const heads = client.heads();
    expect(heads.map(({ number }) => Number(number))).toEqual(Array.from({ length: last - first + 1 }, (_, i) => first + i));
    for (const [i, { parentHash }] of heads.entries()) if (i > 0) expect(parentHash).toBe(heads[i - 1].hash);
    expect(await control(sandbox, '/reorgs', { depth: 2 })).toBe(200);
    await client.until(() => (client.heads().length >= heads.length + 2 && client.logs().at(-1)?.removed === false) || undefined);
    const replaced = client.heads().slice(-2);
    expect(replaced.map(({ number }) => Number(number))).toEqual([last - 1, last]);
    expect(replaced[0].parentHash).toBe(heads.at(-3).hash);
    expect(replaced[1].hash).not.toBe(heads.at(-1).hash);
    expect(replaced[1].hash).toBe((await latest(sandbox)).hash);
    const [gone, again] = client.logs().slice(-2);
    expect(gone).toMatchObject({ removed: true, blockHash: heads.at(-1).hash });
    expect(again).toMatchObject({ removed: false, blockHash: replaced[1].hash, data: gone.data });
  });

  it('replaces some of its newest blocks by itself', async () => {
    const sandbox = await openSandbox();
    await control(sandbox, '/reorgs', { rate: 1 });
    const client = await subscribed(sandbox);
    const { chain } = sandbox.world;
    const head = chain.headAt(START_MS);
    for (let i = 1; i <= 3; i++) sandbox.clock.moveTo(chain.timestampMs(head + i));
    await client.arrived(7);
    const announced = client.heads().map(({ number }) => Number(number) - head);
    expect(announced).toEqual([0, 1, 1, 2, 2, 3]);
  });

  it('has the deposits by which the queue of validators grows, and the transfers of Whale Alert', async () => {
    const { world, urls, clock } = await openSandbox();
    clock.moveTo(START_MS + 60 * DAY_MS);
    const { chain, path } = world;
    const queue = async (slot: number) =>
      ((await (await fetch(`${urls.beacon}/eth/v1/beacon/states/${slot}/pending_deposits`)).json()) as { data: unknown[] }).data
        .length;
    let grew = 0;
    for (let day = 0; day < 20; day++) {
      const dayMs = path.firstMs + Math.floor((START_MS - path.firstMs) / DAY_MS + day) * DAY_MS;
      const first = chain.headAt(dayMs - 1) + 1;
      const after = chain.headAt(dayMs + DAY_MS - 1) + 1;
      let deposits = 0;
      for (let number = first; number < after; number++)
        deposits += chain
          .transfers(number)
          .filter(({ to, amountEth }) => to.startsWith('0x00000000219ab') && amountEth === 32).length;
      const growth = (await queue(after)) - (await queue(first));
      expect(deposits).toBe(Math.max(0, growth));
      if (growth > 0) grew++;
    }
    expect(grew).toBeGreaterThan(3);
    const start = START_MS / 1000;
    const alerts = (await (
      await fetch(`${urls.whaleAlert}/v1/transactions?api_key=x&start=${start}&end=${start + 5 * 86_400}&min_value=500000`)
    ).json()) as { transactions: { hash: string; symbol: string }[] };
    expect(new Set(alerts.transactions.map(({ symbol }) => symbol))).toEqual(new Set(['eth', 'weth']));
    const calls = alerts.transactions.map(({ hash }, id) => ({ id, method: 'eth_getTransactionReceipt', params: [`0x${hash}`] }));
    const receipts = (await (await fetch(urls.rpc, { method: 'POST', body: JSON.stringify(calls) })).json()) as {
      result: { logs: unknown[] } | null;
    }[];
    expect(receipts.map(({ result }) => result?.logs.length)).toEqual(
      alerts.transactions.map(({ symbol }) => (symbol === 'weth' ? 1 : 0)),
    );
  });
});

describe('faults on WebSockets', () => {
  it.each(['ws', 'binanceWs'] as const)('%s: refuse or ignore the upgrade', async (source) => {
    const sandbox = await openSandbox(`${source}:429=7`);
    await expect(connect(sandbox.urls[source])).rejects.toThrow('HTTP 429');
    await control(sandbox, '/faults', { faults: [`${source}:500`] });
    await expect(connect(sandbox.urls[source])).rejects.toThrow('HTTP 500');
    await control(sandbox, '/faults', { faults: [`${source}:hang`] });
    const socket = new WebSocket(sandbox.urls[source], { handshakeTimeout: 200 });
    await expect(new Promise((_, reject) => socket.once('error', reject))).rejects.toThrow('timed out');
  });

  it('cut, malformed, twice, late and silent messages', async () => {
    const sandbox = await openSandbox();
    const url = `${sandbox.urls.binanceWs}/ws/ethusdt@bookTicker`;
    const next = () => sandbox.clock.moveTo(sandbox.clock.nowMs() + 1_000);
    const cut = await connect(url);
    await control(sandbox, '/faults', { faults: ['binanceWs:cut'] });
    next();
    expect(await cut.closed()).toBe(1006);
    expect(cut.texts).toEqual([]);
    const client = await connect(url);
    await control(sandbox, '/faults', { faults: ['binanceWs:malformed'] });
    next();
    await client.arrived(1);
    expect(client.texts[0]).toContain('<html>');
    await control(sandbox, '/faults', { faults: ['binanceWs:duplicate-events'] });
    next();
    await client.arrived(3);
    expect(client.texts[1]).toBe(client.texts[2]);
    await control(sandbox, '/faults', { faults: ['binanceWs:latency=100'] });
    const sentAt = performance.now();
    next();
    next();
    await client.arrived(5);
    expect(performance.now() - sentAt).toBeGreaterThan(95);
    expect(JSON.parse(client.texts[3]!).u).toBeLessThan(JSON.parse(client.texts[4]!).u);
    await control(sandbox, '/faults', { faults: ['binanceWs:hang'] });
    next();
    await control(sandbox, '/faults', { faults: [] });
    next();
    const other = await connect(url);
    next();
    await other.arrived(1);
    expect(client.texts).toHaveLength(5);
  });
});
