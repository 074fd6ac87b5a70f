import { describe, expect, it } from 'vitest';
import type { Timer } from '../domain/index.ts';
import { BackgroundLane } from './background-lane.ts';

/** A timer whose sleeps end when the test says so. */
class ManualTimer implements Timer {
  readonly #sleeps: { readonly ms: number; readonly end: () => void }[] = [];
  elapsedMs = () => 0;
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#sleeps.push({ ms, end: resolve });
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
  }
  endAll(): void {
    for (const { end } of this.#sleeps) end();
  }
}

const untilAborted = (signal: AbortSignal) =>
  new Promise<void>((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true }));

describe('BackgroundLane', () => {
  it('runs one piece at a time, and tells once how it ended', async () => {
    const lane = new BackgroundLane(new ManualTimer());
    const ended: unknown[] = [];
    let finish: () => void = () => {};
    const work = () =>
      new Promise<void>((resolve) => {
        finish = resolve;
      });
    lane.start('backup', 1_000, work, async (error) => void ended.push(error));
    expect(lane.running).toBe('backup');
    expect(() => lane.start('health', 1_000, work, async () => undefined)).toThrow(/while backup runs/);
    expect(ended).toEqual([]);
    finish();
    await lane.idle();
    expect(ended).toEqual([undefined]);
    expect(lane.running).toBeUndefined();
    lane.start(
      'health',
      1_000,
      () => Promise.reject(new Error('no')),
      async (error) => void ended.push(error),
    );
    await lane.idle();
    expect(ended[1]).toMatchObject({ message: 'no' });
  });

  it('ends at its deadline with the reason', async () => {
    const timer = new ManualTimer();
    const lane = new BackgroundLane(timer);
    const ended: unknown[] = [];
    lane.start('extraction', 90_000, untilAborted, async (error) => void ended.push(error));
    timer.endAll();
    await lane.idle();
    expect(ended).toMatchObject([{ code: 'schedule.deadline', message: 'extraction was not done within 90 s' }]);
  });

  it('is free again after its deadline though the work goes on, which is not started twice', async () => {
    const timer = new ManualTimer();
    const lane = new BackgroundLane(timer);
    const ended: unknown[] = [];
    let finish: () => void = () => {};
    const deaf = () =>
      new Promise<void>((resolve) => {
        finish = resolve;
      });
    lane.start('backup', 1_000, deaf, async (error) => void ended.push(error));
    timer.endAll();
    await Promise.resolve();
    expect(lane.running).toBe('backup');
    while (lane.running !== undefined) {
      timer.endAll();
      await Promise.resolve();
    }
    await lane.idle();
    expect(ended).toMatchObject([{ code: 'schedule.deadline' }]);
    expect(lane.isStuck('backup')).toBe(true);
    expect(() => lane.start('backup', 1_000, deaf, async () => undefined)).toThrow(/while backup runs/);
    lane.start(
      'health',
      1_000,
      async () => undefined,
      async (error) => void ended.push(error),
    );
    await lane.idle();
    expect(ended).toHaveLength(2);
    finish();
    await Promise.resolve();
    await Promise.resolve();
    expect(lane.isStuck('backup')).toBe(false);
  });

  it('calls work that ended well after its deadline what it is: late', async () => {
    const timer = new ManualTimer();
    const lane = new BackgroundLane(timer);
    const ended: unknown[] = [];
    const work = (signal: AbortSignal) => new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    lane.start('backup', 1_000, work, async (error) => void ended.push(error));
    timer.endAll();
    await lane.idle();
    expect(ended).toMatchObject([{ code: 'schedule.deadline' }]);
  });

  it('is closed by aborting what runs', async () => {
    const lane = new BackgroundLane(new ManualTimer());
    const ended: unknown[] = [];
    lane.start('training', 1_000, untilAborted, async (error) => void ended.push(error));
    const reason = new Error('the daemon stops');
    await lane.close(reason);
    expect(ended).toEqual([reason]);
    await lane.close(reason);
  });
});
