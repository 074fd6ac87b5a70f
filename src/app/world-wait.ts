import type { TimeMs } from '../domain/index.ts';
import type { AppParts } from './app-parts.ts';
import { SandboxClock } from './sandbox-clock.ts';

/** Returns when the world's time is `untilMs`, when `stepMs` of it have passed, or when the wait is broken off. */
export type WorldWait = (untilMs: TimeMs, stepMs: number, broken?: AbortSignal) => Promise<void>;

/** Waiting in the world that is traded: a sandbox that stands still is moved on, any other passes by itself. */
export function worldWait({ clock, timer, signal }: AppParts): WorldWait {
  const sleep = async (ms: number, broken: AbortSignal | undefined) => {
    if (broken?.aborted) return;
    const either = broken === undefined ? signal : AbortSignal.any([broken, ...(signal ? [signal] : [])]);
    await timer.sleep(ms, either).catch((error: unknown) => {
      if (!broken?.aborted || signal?.aborted) throw error;
    });
  };
  return async (untilMs, stepMs, broken) => {
    const targetMs = Math.min(untilMs, clock.nowMs() + stepMs);
    if (!(clock instanceof SandboxClock)) return sleep(Math.max(0, targetMs - clock.nowMs()), broken);
    if (clock.speed === 0) return clock.moveTo(targetMs);
    await sleep(Math.max(0, targetMs - clock.nowMs()) / clock.speed, broken);
    await clock.synchronise();
  };
}
