// Streams: a million messages of an exchange over a real WebSocket and ccxt's class into a bounded queue whose consumer
// takes a millisecond for each. Messages per second, and the heap after garbage collection along the way.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { WebSocketServer } from 'ws';
import { createRng, systemClock, systemTimer } from '../dist/domain/index.js';
import { connectMarket } from '../dist/extraction/stream/connect-market.js';
import { parseMarketMessage } from '../dist/extraction/stream/parse-market-message.js';
import { newStatus } from '../dist/extraction/stream/stream-status.js';
import { superviseStream } from '../dist/extraction/stream/supervise-stream.js';
import { timed } from './measure.mjs';

const MESSAGES = 1_000_000;
const CAPACITY = 4_096;
const MAX_BUFFERED_BYTES = 4 * 2 ** 20;
const SAMPLE_EVERY = 100_000;
const SLOW_MS = 1;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');
const megabytes = (bytes) => Math.round(bytes / 2 ** 17) / 8;

const kline = (i, now) => {
  const t = 1_700_000_040_000 + 60_000 * i;
  const k = {
    t,
    T: t + 59_999,
    s: 'ETHUSDT',
    i: '1m',
    f: 1,
    L: 2,
    o: '2000.1',
    c: '2000.2',
    h: '2001.0',
    l: '1999.0',
    v: '12.5',
    n: 9,
    x: true,
  };
  return { e: 'kline', E: Math.max(now, t + 60_000), s: 'ETHUSDT', k };
};
const trade = (i, now) => ({
  e: 'aggTrade',
  E: now,
  s: 'ETHUSDT',
  a: i,
  p: '2000.15',
  q: '0.5',
  f: i,
  l: i,
  T: now,
  m: false,
  M: true,
});
/** As many closed minutes as trades: the minutes cannot be conflated. */
const messageText = (i) => JSON.stringify(i % 2 === 0 ? kline(i / 2, Date.now()) : trade((i - 1) / 2, Date.now()));

/** A server that sends as fast as its client reads. */
async function startServer(count) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await new Promise((ready) => server.once('listening', ready));
  server.on('connection', (socket) => {
    socket.once('message', async () => {
      socket.send('{"result":null,"id":1}');
      for (let i = 0; i < count && socket.readyState === socket.OPEN; i++) {
        socket.send(messageText(i));
        if (i % 200 === 199) await new Promise((next) => setImmediate(next));
        while (socket.bufferedAmount > MAX_BUFFERED_BYTES) await new Promise((next) => setTimeout(next, 1));
      }
    });
  });
  return { url: `ws://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

async function slowConsumer() {
  const server = await startServer(MESSAGES);
  const status = newStatus('bench');
  const over = new AbortController();
  const options = {
    clock: systemClock,
    timer: systemTimer,
    rng: createRng(1),
    status,
    queue: { capacity: CAPACITY, conflateBy: ({ kind }) => (kind === 'closed' ? undefined : kind) },
    limits: { silenceMs: 60_000, lagMs: 3.6e6 },
    backoff: { baseMs: 100, capMs: 1_000 },
  };
  const heapMb = [];
  let nextSample = SAMPLE_EVERY;
  let consumed = 0;
  let startedAt = 0;
  let ms = 0;
  for await (const event of superviseStream(connectMarket(server.url), options, over.signal)) {
    if (event.kind === 'up') startedAt = performance.now();
    if (event.kind !== 'message') continue;
    consumed++;
    await new Promise((next) => setTimeout(next, SLOW_MS));
    while (status.messages >= nextSample) {
      collect();
      heapMb.push(megabytes(process.memoryUsage().heapUsed));
      nextSample += SAMPLE_EVERY;
    }
    if (status.messages >= MESSAGES) {
      ms = performance.now() - startedAt;
      break;
    }
  }
  over.abort();
  server.close();
  return { messages: status.messages, consumed, messagesPerS: Math.round((MESSAGES / ms) * 1000), heapMb };
}

async function parsing() {
  const texts = Array.from({ length: 20_000 }, (_, i) => messageText(i));
  const { ms } = await timed(() => {
    for (const text of texts) parseMarketMessage(JSON.parse(text));
  });
  return Math.round((texts.length / ms) * 1000);
}

export async function run() {
  return { parsedPerS: await parsing(), slowConsumer: await slowConsumer() };
}
