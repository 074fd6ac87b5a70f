import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ClosedCandle, createRng, ManualClock, MINUTE_MS, SourceError, type Timer } from '../../domain/index.ts';
import { BoundedQueue } from './bounded-queue.ts';
import { HeadChain } from './head-chain.ts';
import { LivePrice } from './live-price.ts';
import { MicroBatch } from './micro-batch.ts';
import { MinuteSequence } from './minute-sequence.ts';
import type { ChainHead } from './parse-node-message.ts';
import { newStatus } from './stream-status.ts';
import { type StreamSink, superviseStream } from './supervise-stream.ts';
import { Watchdog } from './watchdog.ts';

/** Process time that passes when somebody sleeps, at once. */
class InstantTimer implements Timer {
  #nowMs = 0;
  elapsedMs(): number {
    return this.#nowMs;
  }
  advance(ms: number): void {
    this.#nowMs += ms;
  }
  readonly slept: number[] = [];
  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.slept.push(ms);
    await new Promise((next) => setImmediate(next));
    signal?.throwIfAborted();
    this.#nowMs += ms;
  }
}

async function drain<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe('BoundedQueue', () => {
  it('keeps the newest, in order, never more than its capacity, and counts the rest', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 40 }), async (capacity, count) => {
        const queue = new BoundedQueue<number>({ capacity });
        for (let i = 0; i < count; i += 1) {
          queue.push(i);
          expect(queue.size).toBeLessThanOrEqual(capacity);
        }
        queue.end();
        const kept = await drain(queue);
        expect(kept).toEqual(Array.from({ length: Math.min(capacity, count) }, (_, i) => Math.max(0, count - capacity) + i));
        expect(queue.dropped).toBe(Math.max(0, count - capacity));
      }),
      { seed: 1 },
    );
  });

  it('keeps the newest of each key, for when nothing is in line', async () => {
    const conflateBy = (text: string) => (text === text.toLowerCase() ? text[0] : undefined);
    const queue = new BoundedQueue<string>({ capacity: 3, conflateBy });
    for (const text of ['a1', 'X', 'a2', 'b1', 'b2', 'Y', 'a3']) queue.push(text);
    expect(queue.size).toBe(4);
    queue.end();
    expect(await drain(queue)).toEqual(['X', 'Y', 'a3', 'b2']);
    expect([queue.dropped, queue.conflated]).toEqual([0, 3]);
  });

  it('delivers what was there before it failed, and takes nothing afterwards', async () => {
    const queue = new BoundedQueue<number>({ capacity: 3 });
    queue.push(1);
    queue.end(new Error('cut'));
    queue.push(2);
    const got: number[] = [];
    await expect(
      (async () => {
        for await (const item of queue) got.push(item);
      })(),
    ).rejects.toThrow('cut');
    expect(got).toEqual([1]);
  });
});

describe('Watchdog', () => {
  const start = () => {
    const clock = new ManualClock(0);
    const timer = new InstantTimer();
    return { clock, timer, dog: new Watchdog(clock, timer, { silenceMs: 60_000, lagMs: 30_000 }) };
  };

  it('is silent only when the world moved on and messages had time to come', () => {
    const { clock, timer, dog } = start();
    timer.advance(3_600_000);
    expect(dog.verdict()).toBe('alive');
    dog.note(0);
    clock.moveTo(3_600_000);
    expect(dog.verdict()).toBe('alive');
    timer.advance(5_000);
    expect(dog.verdict()).toBe('silent');
    dog.note(3_600_000);
    expect(dog.verdict()).toBe('alive');
  });

  it('says that messages lag when they go on being late', () => {
    const { clock, timer, dog } = start();
    clock.moveTo(100_000);
    dog.note(60_000);
    timer.advance(4_000);
    dog.note(90_000);
    timer.advance(4_000);
    dog.note(60_000);
    expect(dog.verdict()).toBe('alive');
    timer.advance(5_000);
    expect(dog.verdict()).toBe('lagging');
  });
});

describe('MinuteSequence', () => {
  const candle = (minute: number): ClosedCandle => ({
    openTimeMs: minute * MINUTE_MS,
    closeTimeMs: (minute + 1) * MINUTE_MS,
    open: 1,
    high: 1,
    low: 1,
    close: 1,
    volume: 0,
    closed: true,
  });

  it('takes every minute once whatever the order, and never one of the future', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 60 }), (minutes) => {
        const sequence = new MinuteSequence(0, 0);
        const taken = minutes.filter((minute) => sequence.take(candle(minute), 10 * MINUTE_MS) === 'next');
        expect(taken).toEqual(taken.map((_, i) => i));
        expect(sequence.nextMs).toBe(taken.length * MINUTE_MS);
        expect(taken.length).toBeLessThanOrEqual(10);
      }),
      { seed: 2 },
    );
    const sequence = new MinuteSequence(0, 0);
    expect(sequence.take(candle(2), 10 * MINUTE_MS)).toBe('gap');
    expect(sequence.take(candle(10), 10 * MINUTE_MS)).toBe('future');
    expect(sequence.take(candle(0), 10 * MINUTE_MS)).toBe('next');
    expect(sequence.take(candle(0), 10 * MINUTE_MS)).toBe('duplicate');
  });
});

describe('HeadChain', () => {
  const head = (number: number, fork: string, parentFork = fork): ChainHead => ({
    number,
    timeMs: number * 12_000,
    hash: `${fork}${number}`,
    parentHash: `${parentFork}${number - 1}`,
  });

  it('links heads, says what was undone, and asks for parents', () => {
    const chain = new HeadChain();
    for (const number of [1, 2, 3, 4]) expect(chain.take(head(number, 'a'))).toEqual({ kind: 'linked', undone: [] });
    expect(chain.spacingMs).toBe(12_000);
    expect(chain.take(head(3, 'a'))).toEqual({ kind: 'known' });
    expect(chain.take(head(6, 'a'))).toEqual({ kind: 'orphan', parentHash: 'a5' });
    expect(chain.take(head(4, 'b'))).toEqual({ kind: 'orphan', parentHash: 'b3' });
    expect(chain.take(head(3, 'b', 'a'))).toEqual({ kind: 'linked', undone: [head(3, 'a'), head(4, 'a')] });
    expect(chain.take(head(4, 'b'))).toEqual({ kind: 'linked', undone: [] });
  });

  it('remembers no more than it needs', () => {
    const chain = new HeadChain();
    for (let number = 1; number < 5_000; number += 1) chain.take(head(number, 'a'));
    expect(chain.take(head(4_500, 'c', 'a'))).toMatchObject({ kind: 'linked' });
  });
});

describe('LivePrice', () => {
  it('is the newest of the connection that is open, and says when it is old', () => {
    const clock = new ManualClock(1_000);
    const price = new LivePrice(clock, 15_000);
    expect(price.last()).toBeUndefined();
    price.note('2000.10', 1_000);
    price.note('1999.00', 500);
    expect(price.last()).toMatchObject({ atMs: 1_000, isStale: false });
    expect(price.last()!.priceUsd.toFixed()).toBe('2000.1');
    clock.moveTo(16_001);
    expect(price.last()!.isStale).toBe(true);
    price.reset();
    expect(price.last()).toBeUndefined();
  });
});

describe('MicroBatch', () => {
  it('stores rows together, and keeps them while the storage fails', async () => {
    const timer = new InstantTimer();
    const stored: number[] = [];
    let failures = 3;
    const status = newStatus('x');
    const store = {
      append: async ([batch]: readonly unknown[]) => {
        if (failures-- > 0) throw new SourceError('test.full', 'the disk is full');
        stored.push(...(batch as { rows: number[] }).rows);
      },
    };
    const batch = new MicroBatch<number>(
      { store, timer, status, flushMs: 1_000, toBatch: (rows) => ({ rows }) as never },
      new AbortController().signal,
    );
    const rows = Array.from({ length: 700 }, (_, i) => i);
    await batch.add(rows.slice(0, 100));
    expect(stored).toEqual([]);
    await batch.add(rows.slice(100));
    expect(stored).toEqual(rows);
    expect(status).toMatchObject({ stored: 700, problem: 'the disk is full' });
    expect(await batch.flush()).toBe(true);
    expect(stored).toEqual(rows);
  });
});

describe('superviseStream', () => {
  const optionsWith = (timer: Timer, clock = new ManualClock(0)) => ({
    clock,
    timer,
    rng: createRng(3),
    status: newStatus('test'),
    queue: { capacity: 10 },
    limits: { silenceMs: 60_000, lagMs: 60_000 },
    backoff: { baseMs: 100, capMs: 1_000 },
  });

  it('opens again with longer waits, full jitter, and begins anew after a message', async () => {
    const timer = new InstantTimer();
    const options = optionsWith(timer);
    const over = new AbortController();
    let tries = 0;
    let isClosed = 0;
    const connect = async (sink: StreamSink<number>) => {
      tries += 1;
      if (tries <= 6) throw new SourceError('stream.unreachable', 'no');
      sink.push(tries, 0);
      sink.fail(new SourceError('stream.unreachable', 'cut'));
      return () => {
        isClosed += 1;
      };
    };
    const seen: string[] = [];
    for await (const event of superviseStream(connect, options, over.signal)) {
      seen.push(event.kind);
      if (seen.length === 12) over.abort();
    }
    expect(seen).toEqual([...Array(6).fill('down'), 'up', 'message', 'down', 'up', 'message', 'down']);
    const waits = timer.slept.filter((ms) => ms < 1_000);
    for (const [i, ms] of waits.slice(0, 6).entries()) expect(ms).toBeLessThanOrEqual(Math.min(1_000, 100 * 2 ** i));
    expect(waits.slice(0, 6).some((ms) => ms > 200)).toBe(true);
    expect(options.status).toMatchObject({ connections: 2, messages: 2, state: 'down' });
    expect(isClosed).toBe(2);
  });

  it('ends a connection that has gone silent, and one that only sends what cannot be read', async () => {
    const timer = new InstantTimer();
    const clock = new ManualClock(0);
    const options = optionsWith(timer, clock);
    const over = new AbortController();
    let tries = 0;
    const connect = async (sink: StreamSink<number>) => {
      tries += 1;
      if (tries === 1) clock.moveTo(3_600_000);
      else for (let i = 0; i < 200; i += 1) sink.refuse(new SourceError('stream.message_invalid', 'strange'));
      return () => undefined;
    };
    const whys: string[] = [];
    for await (const event of superviseStream(connect, options, over.signal)) {
      if (event.kind !== 'down') continue;
      whys.push(event.why);
      if (whys.length === 2) over.abort();
    }
    expect(whys).toEqual(['test: nothing came for 60000 ms', 'strange']);
    expect(options.status.invalid).toBe(200);
  });
});
