import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createRng, DAY_MS, MINUTE_MS, systemTimer } from '../../domain/index.ts';
import { type Sandbox, startSandbox } from '../../sandbox/index.ts';
import { DataManager } from '../../storage/index.ts';
import { type ChainEvent, StreamProcessor, type StreamProcessorDeps } from './index.ts';

const START_MS = Date.UTC(2024, 2, 5, 7);
const MINUTES = DAY_MS / MINUTE_MS;
const FAULTS = ['cut', 'cut', 'cut', 'malformed@0.5', 'duplicate-events'];
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function openWorld(seed: number) {
  const sandbox = await startSandbox({ seed, startMs: START_MS, edge: 0.1, speed: 0 });
  closing.push(() => sandbox.close());
  const folder = mkdtempSync(join(tmpdir(), 'ets-streams-'));
  closing.push(() => rmSync(folder, { recursive: true, force: true }));
  const store = await DataManager.open(folder, { clock: sandbox.clock });
  closing.push(() => store.close());
  return { sandbox, store };
}

const processorOn = (sandbox: Sandbox, store: DataManager, more: Partial<StreamProcessorDeps> = {}) =>
  new StreamProcessor({
    store,
    clock: sandbox.clock,
    timer: systemTimer,
    rng: createRng(1),
    urls: sandbox.urls,
    toleranceMs: DAY_MS,
    backoff: { baseMs: 1, capMs: 5 },
    ...more,
  });

/** Resolves when `isSo`, looked at whenever the loop has nothing more urgent to do. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((next) => setImmediate(next));
}

const crash = (error: unknown) => {
  throw error;
};

describe('24 hours of all streams', () => {
  it('with a disconnect every few minutes store the truth: nothing is missing, nothing there twice', {
    timeout: 180_000,
  }, async () => {
    const { sandbox, store } = await openWorld(5);
    const { world, clock, urls } = sandbox;
    const setFaults = async (...faults: string[]) => {
      await fetch(`${urls.control}/faults`, { method: 'POST', body: JSON.stringify({ faults }) });
    };
    const events: ChainEvent[] = [];
    const rng = createRng(77);
    let streams = processorOn(sandbox, store, { onEvent: (event) => events.push(event) });
    streams.start(crash);
    const status = (name: string) => streams.statuses.find((one) => one.name === name)!;
    const areUp = () => ['price', 'chain'].every((name) => status(name)?.state === 'up');
    await until(areUp);
    let cuts = 0;
    for (let minute = 1; minute <= MINUTES; minute += 1) {
      const kind = minute % 5 === 0 ? FAULTS[Math.floor(rng() * FAULTS.length)] : undefined;
      if (kind !== undefined) await setFaults(`binanceWs:${kind}`, `ws:${kind}`);
      clock.moveTo(START_MS + minute * MINUTE_MS);
      if (kind === undefined) continue;
      if (kind === 'cut') {
        cuts += 1;
        await until(() => status('price').state !== 'up');
      }
      await setFaults();
      await until(areUp);
      if (minute % 400 === 0) {
        await streams.close();
        minute += 7;
        clock.moveTo(START_MS + minute * MINUTE_MS);
        streams = processorOn(sandbox, store, { onEvent: (event) => events.push(event) });
        streams.start(crash);
        await until(areUp);
      }
    }
    expect(cuts).toBeGreaterThan(MINUTES / 10);
    clock.moveTo(START_MS + DAY_MS + 20 * MINUTE_MS + 20_000);
    const lastFinalMs = world.chain.timestampMs(world.chain.finalizedAt(clock.nowMs()));
    await until(() => status('price').completeUntilMs === clock.nowMs() - 20_000);
    await until(() => status('chain').completeUntilMs === lastFinalMs);
    for (let looks = 0; streams.price.last()?.isStale !== false; looks += 1) {
      if (looks % 500 === 0) clock.moveTo(clock.nowMs() + 1_000);
      await new Promise((next) => setImmediate(next));
    }
    expect(streams.price.last()!.priceUsd.toNumber()).toBeCloseTo(world.path.priceAt(clock.nowMs()), 1);
    await streams.close();

    const stored = await store.readSeries('price_data', 'binance:ETHUSDT:1m', { toMs: START_MS + DAY_MS });
    const truth = world.path.candles(START_MS, START_MS + DAY_MS, MINUTE_MS, clock.nowMs());
    expect(stored!.rows).toBe(MINUTES);
    const { open, high, low, close, volume } = stored!.numbers;
    for (const [i, candle] of truth.entries()) {
      const row = { open: open![i], high: high![i], low: low![i], close: close![i], volume: volume![i] };
      expect({ openTimeMs: stored!.timeMs[i], ...row }).toEqual(candle);
    }

    const blocks = await store.readSeries('live_blocks', 'node:eth:block');
    const numbers = [...blocks!.numbers.number!];
    const final = world.chain.finalizedAt(START_MS);
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, i) => final + i));
    expect(blocks!.timeMs.at(-1)).toBe(lastFinalMs);
    expect(blocks!.ids).toEqual(numbers.map((number) => world.chain.hashAt(number, clock.nowMs())));
    const transfers = await store.readSeries('live_transfers', 'node:eth:tx');
    const large = numbers.flatMap((number) => world.chain.transfers(number).filter(({ amountEth }) => amountEth >= 200));
    expect([...transfers!.numbers.amount_eth!]).toEqual(large.map(({ amountEth }) => amountEth));
    expect((await store.readSeries('sentiment_data', 'alternative_me:fear_greed:1d'))!.rows).toBeGreaterThan(1);
    expect(events.filter(({ kind }) => kind === 'reorg').length).toBeGreaterThan(0);
    expect(events.filter(({ kind }) => kind === 'transfer').length).toBeGreaterThan(0);
  });
});
