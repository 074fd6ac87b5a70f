import { expect, it } from 'vitest';
import { createRng, ManualClock, MINUTE_MS, SECOND_MS, systemTimer, type TimeMs } from '../../domain/index.ts';
import { LivePrice } from './live-price.ts';
import { MinuteStream } from './minute-stream.ts';
import { newStatus } from './stream-status.ts';

const MINUTE_12_00 = Date.UTC(2024, 0, 1, 12);
const MINUTE_12_04 = MINUTE_12_00 + 4 * MINUTE_MS;
const MINUTE_12_05 = MINUTE_12_00 + 5 * MINUTE_MS;

it('stores no minute that still forms at the exchange, though this clock is ahead', async () => {
  // Twenty seconds ahead: at the exchange it is 12:04:50.
  const clock = new ManualClock(MINUTE_12_05 + 10_000);
  const over = new AbortController();
  const volumes = new Map<TimeMs, number>();
  let fetches = 0;
  const stream = new MinuteStream(
    {
      connect: async (sink) => {
        const prices = { open: 10, high: 10, low: 10, close: 10 };
        const candle = {
          openTimeMs: MINUTE_12_05,
          closeTimeMs: MINUTE_12_05 + MINUTE_MS,
          ...prices,
          volume: 1,
          closed: false,
        } as const;
        sink.push({ kind: 'forming', eventMs: MINUTE_12_05, candle, price: '10' }, MINUTE_12_05);
        return () => undefined;
      },
      fetchKlines: async ({ startMs, endMs }) => {
        fetches += 1;
        const opens = Array.from({ length: (endMs - startMs) / MINUTE_MS }, (_, i) => startMs + i * MINUTE_MS);
        const isForming = (openMs: TimeMs) => fetches === 1 && openMs === MINUTE_12_04;
        return opens.map((openMs) => [openMs, '10', '10', '10', '10', isForming(openMs) ? '50' : '60', openMs + MINUTE_MS - 1]);
      },
      store: {
        append: async (batches) => {
          for (const { timeMs, numbers } of batches) for (const [i, at] of timeMs.entries()) volumes.set(at, numbers.volume![i]!);
          if (volumes.has(MINUTE_12_04)) over.abort();
        },
        readSeries: async () => ({ endMs: Float64Array.of(MINUTE_12_00), numbers: {} }),
      },
      clock,
      timer: systemTimer,
      rng: createRng(1),
      price: new LivePrice(clock, MINUTE_MS),
      status: newStatus('price'),
      limits: { silenceMs: 10 * MINUTE_MS, lagMs: 10 * MINUTE_MS },
      backoff: { baseMs: 1, capMs: 1 },
      flushMs: 1,
      repairReachMs: 10 * MINUTE_MS,
      toleranceMs: 10 * SECOND_MS,
    },
    over.signal,
  );
  await stream.run();
  expect(fetches).toBe(2);
  expect([...volumes]).toEqual([0, 1, 2, 3, 4].map((minute) => [MINUTE_12_00 + minute * MINUTE_MS, 60]));
});
