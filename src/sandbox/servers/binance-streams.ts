import { z } from 'zod';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, type TimeMs } from '../../domain/index.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { World } from '../world/world.ts';
import type { WorldClock } from '../world-clock.ts';
import type { SandboxSocket, SocketHandler } from './socket-host.ts';

const SYMBOL = 'ETHUSDT';
const KLINE_PERIODS: Readonly<Record<string, number>> = {
  '1m': MINUTE_MS,
  '5m': 5 * MINUTE_MS,
  '15m': 15 * MINUTE_MS,
  '1h': HOUR_MS,
};
const DEPTH_LEVELS = 20;
const TICK = 0.01;
/** As at Binance, a connection is good for a day. */
const CONNECTION_LIFE_MS = DAY_MS;

const requestSchema = z.object({
  method: z.enum(['SUBSCRIBE', 'UNSUBSCRIBE', 'LIST_SUBSCRIPTIONS']),
  params: z.array(z.string()).optional(),
  id: z.union([z.number(), z.string()]),
});

type Request = z.output<typeof requestSchema>;

const INVALID = { error: { code: 2, msg: 'Invalid request' } };

/** What a stream says about (fromMs, toMs]: the events in the order in which they happened. */
type Stream = (fromMs: TimeMs, toMs: TimeMs) => Iterable<Readonly<Record<string, unknown>>>;

/**
 * Binance's market streams for ETHUSDT, raw (`/ws`) and combined (`/stream`). They say what happened while the world's
 * time moved: every minute that closed, and how things are at the end.
 */
export function binanceStreams(
  world: World,
  exchange: Exchange,
  clock: WorldClock,
): { handler: SocketHandler; tell: () => void } {
  const open = new Set<Connection>();
  return {
    handler(socket) {
      const connection = new Connection(
        socket,
        (name) => findStream(world, exchange, name),
        () => clock.nowMs(),
      );
      open.add(connection);
      socket.onClose(() => open.delete(connection));
    },
    tell() {
      for (const connection of open) connection.tell(clock.nowMs());
    },
  };
}

class Connection {
  readonly #socket: SandboxSocket;
  readonly #find: (name: string) => Stream | undefined;
  readonly #streams = new Map<string, Stream>();
  readonly #isCombined: boolean;
  readonly #openedMs: TimeMs;
  #toldMs: TimeMs;

  constructor(socket: SandboxSocket, find: (name: string) => Stream | undefined, now: () => TimeMs) {
    this.#socket = socket;
    this.#find = find;
    this.#openedMs = now();
    this.#toldMs = this.#openedMs;
    this.#isCombined = socket.path.startsWith('/stream');
    for (const name of socket.path.split('/').slice(2)) this.#subscribe(name);
    socket.onMessage((text) => this.#answer(text, now()));
  }

  tell(nowMs: TimeMs): void {
    const fromMs = this.#toldMs;
    if (nowMs <= fromMs) return;
    if (nowMs - this.#openedMs >= CONNECTION_LIFE_MS) {
      this.#socket.close(1001, 'disconnected after 24 hours');
      return;
    }
    this.#toldMs = nowMs;
    for (const [name, stream] of this.#streams) for (const event of stream(fromMs, nowMs)) this.#send(name, event);
  }

  #send(stream: string, event: Readonly<Record<string, unknown>>): void {
    this.#socket.send(JSON.stringify(this.#isCombined ? { stream, data: event } : event));
  }

  #subscribe(name: string): boolean {
    const stream = this.#find(name);
    if (stream) this.#streams.set(name, stream);
    return stream !== undefined;
  }

  #answer(text: string, nowMs: TimeMs): void {
    const request = readRequest(text);
    this.#socket.send(JSON.stringify(request ? this.#carryOut(request, nowMs) : INVALID));
  }

  #carryOut({ method, params = [], id }: Request, nowMs: TimeMs): unknown {
    if (method === 'LIST_SUBSCRIPTIONS') return { result: [...this.#streams.keys()], id };
    if (this.#streams.size === 0) this.#toldMs = nowMs;
    for (const name of params) {
      if (method === 'SUBSCRIBE') this.#subscribe(name);
      else this.#streams.delete(name);
    }
    return { result: null, id };
  }
}

function readRequest(text: string): Request | undefined {
  try {
    return requestSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** As at Binance, a name that no stream has is accepted and stays silent. */
function findStream(world: World, exchange: Exchange, name: string): Stream | undefined {
  const [symbol, kind = ''] = name.split('@');
  if (symbol !== SYMBOL.toLowerCase()) return undefined;
  const period = KLINE_PERIODS[/^kline_(\w+)$/.exec(kind)?.[1] ?? ''];
  if (period !== undefined) return klines(world, kind.slice('kline_'.length), period);
  switch (kind) {
    case 'trade':
      return trades(world, ({ id, E, price, quantity }) => ({ e: 'trade', E, s: SYMBOL, t: id, p: price, q: quantity }));
    case 'aggTrade':
      return trades(world, ({ id, E, price, quantity }) => ({
        e: 'aggTrade',
        E,
        s: SYMBOL,
        a: id,
        p: price,
        q: quantity,
        f: id,
        l: id,
      }));
    case 'bookTicker':
      return (_fromMs, u) => [
        { u, s: SYMBOL, b: exchange.bid(u).toFixed(2), B: '12.5000', a: exchange.ask(u).toFixed(2), A: '11.2000' },
      ];
    case 'ticker':
    case 'miniTicker':
      return (_fromMs, toMs) => [dayTicker(world, exchange, toMs, kind === 'miniTicker')];
  }
  if (/^depth(@\d+ms)?$/.test(name.slice(symbol.length + 1))) return depth(exchange);
  return undefined;
}

function klines({ path }: World, interval: string, periodMs: number): Stream {
  return function* (fromMs, toMs) {
    const firstMs = Math.floor(fromMs / periodMs) * periodMs;
    for (let openTimeMs = firstMs; openTimeMs < toMs; openTimeMs += periodMs) {
      const endMs = Math.min(openTimeMs + periodMs, toMs);
      const [candle] = path.candles(openTimeMs, openTimeMs + periodMs, periodMs, endMs);
      const { open, high, low, close, volume } = candle!;
      const id = openTimeMs / MINUTE_MS;
      const k = {
        t: openTimeMs,
        T: openTimeMs + periodMs - 1,
        s: SYMBOL,
        i: interval,
        f: id,
        L: id + periodMs / MINUTE_MS - 1,
        o: open.toFixed(2),
        c: close.toFixed(2),
        h: high.toFixed(2),
        l: low.toFixed(2),
        v: volume.toFixed(4),
        n: Math.max(1, Math.round(volume)),
        x: endMs === openTimeMs + periodMs,
        q: (volume * close).toFixed(2),
        V: (volume / 2).toFixed(4),
        Q: ((volume * close) / 2).toFixed(2),
        B: '0',
      };
      yield { e: 'kline', E: endMs, s: SYMBOL, k };
    }
  };
}

interface Trade {
  readonly id: number;
  readonly E: TimeMs;
  readonly price: string;
  readonly quantity: string;
}

/** One trade a minute, when it closes: what `aggTrades` and `trades` give over REST. */
function trades({ path }: World, shape: (trade: Trade) => Readonly<Record<string, unknown>>): Stream {
  return function* (fromMs, toMs) {
    const firstMs = Math.floor(fromMs / MINUTE_MS) * MINUTE_MS;
    for (const { openTimeMs, close, volume } of path.candles(
      firstMs,
      Math.floor(toMs / MINUTE_MS) * MINUTE_MS,
      MINUTE_MS,
      toMs,
    )) {
      const E = openTimeMs + MINUTE_MS;
      const trade = { id: openTimeMs / MINUTE_MS, E, price: close.toFixed(2), quantity: volume.toFixed(4) };
      yield { ...shape(trade), T: openTimeMs, m: false, M: true };
    }
  };
}

/** The levels that differ between two times; update ids are the world's milliseconds, as in the REST snapshot. */
function depth(exchange: Exchange): Stream {
  const levels = (from: number, step: number) =>
    new Map(Array.from({ length: DEPTH_LEVELS }, (_, i) => [(from + i * step).toFixed(2), '5.0000']));
  const changes = (before: Map<string, string>, after: Map<string, string>) => [
    ...[...before.keys()].filter((price) => !after.has(price)).map((price) => [price, '0.0000']),
    ...[...after].filter(([price]) => !before.has(price)),
  ];
  return (fromMs, toMs) => [
    {
      e: 'depthUpdate',
      E: toMs,
      s: SYMBOL,
      U: fromMs + 1,
      u: toMs,
      b: changes(levels(exchange.bid(fromMs).toNumber(), -TICK), levels(exchange.bid(toMs).toNumber(), -TICK)),
      a: changes(levels(exchange.ask(fromMs).toNumber(), TICK), levels(exchange.ask(toMs).toNumber(), TICK)),
    },
  ];
}

function dayTicker({ path }: World, exchange: Exchange, nowMs: TimeMs, isMini: boolean): Readonly<Record<string, unknown>> {
  const candles = path.candles(nowMs - DAY_MS, nowMs, HOUR_MS, nowMs);
  const close = path.priceAt(nowMs).toFixed(2);
  const open = candles[0]?.open ?? Number(close);
  const volume = candles.reduce((sum, candle) => sum + candle.volume, 0);
  const day = {
    E: nowMs,
    s: SYMBOL,
    c: close,
    o: open.toFixed(2),
    h: Math.max(...candles.map(({ high }) => high)).toFixed(2),
    l: Math.min(...candles.map(({ low }) => low)).toFixed(2),
    v: volume.toFixed(4),
    q: (volume * Number(close)).toFixed(2),
  };
  if (isMini) return { e: '24hrMiniTicker', ...day };
  return {
    e: '24hrTicker',
    ...day,
    p: (Number(close) - open).toFixed(2),
    P: (100 * (Number(close) / open - 1)).toFixed(3),
    w: close,
    x: open.toFixed(2),
    Q: '0.1000',
    b: exchange.bid(nowMs).toFixed(2),
    B: '12.5000',
    a: exchange.ask(nowMs).toFixed(2),
    A: '11.2000',
    O: nowMs - DAY_MS,
    C: nowMs,
    F: Math.floor((nowMs - DAY_MS) / MINUTE_MS),
    L: Math.floor(nowMs / MINUTE_MS),
    n: Math.floor(DAY_MS / SECOND_MS / 60),
  };
}
