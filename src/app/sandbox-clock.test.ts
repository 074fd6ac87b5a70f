import { expect, it } from 'vitest';
import { HOUR_MS, type Timer } from '../domain/index.ts';
import { type Sandbox, startSandbox } from '../sandbox/index.ts';
import { SandboxClock } from './sandbox-clock.ts';

const START_MS = Date.UTC(2024, 0, 1);

const setHost = async (sandbox: Sandbox, hostAheadMs: number) => {
  await fetch(`${sandbox.urls.control}/clock`, { method: 'POST', body: JSON.stringify({ hostAheadMs }) });
};

/** Process time that passes when it is told to. */
class HandTimer implements Timer {
  nowMs = 0;
  elapsedMs = () => this.nowMs;
  sleep = async (ms: number) => {
    this.nowMs += ms;
  };
}

it('goes by the host of a world that stands still, back as well as on', async () => {
  const sandbox = await startSandbox({ seed: 3, startMs: START_MS, edge: 0, speed: 0 });
  try {
    const clock = await SandboxClock.connect(sandbox.urls.control, new HandTimer());
    await clock.moveTo(START_MS + HOUR_MS);
    await setHost(sandbox, -90_000);
    expect(clock.nowMs()).toBe(START_MS + HOUR_MS);
    await clock.synchronise();
    expect(clock.nowMs()).toBe(START_MS + HOUR_MS - 90_000);
    await clock.moveTo(START_MS + HOUR_MS);
    expect(clock.nowMs()).toBe(START_MS + HOUR_MS);
    expect(sandbox.clock.nowMs()).toBe(START_MS + HOUR_MS + 90_000);
    await setHost(sandbox, 5_000);
    await clock.moveTo(START_MS + HOUR_MS + 1);
    expect(clock.nowMs()).toBe(START_MS + HOUR_MS + 95_000);
  } finally {
    await sandbox.close();
  }
});

it('runs on at the speed of the world from where the host stands', async () => {
  const sandbox = await startSandbox({ seed: 3, startMs: START_MS, edge: 0, speed: 60 });
  try {
    const timer = new HandTimer();
    await setHost(sandbox, -HOUR_MS);
    const clock = await SandboxClock.connect(sandbox.urls.control, timer);
    const first = clock.nowMs();
    expect(first).toBeGreaterThanOrEqual(START_MS - HOUR_MS);
    expect(first).toBeLessThanOrEqual(sandbox.clock.nowMs() - HOUR_MS);
    timer.nowMs += 1_000;
    expect(clock.nowMs()).toBe(first + 60_000);
    await clock.synchronise();
    expect(clock.nowMs()).toBeLessThanOrEqual(sandbox.clock.nowMs() - HOUR_MS);
  } finally {
    await sandbox.close();
  }
});
