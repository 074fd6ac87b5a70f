import type { TimeMs } from '../domain/index.ts';
import type { AppParts } from './app-parts.ts';
import { SandboxClock } from './sandbox-clock.ts';

/** Returns when the world's time is `untilMs`, or when `stepMs` of it have passed. */
export type WorldWait = (untilMs: TimeMs, stepMs: number) => Promise<void>;

/** Waiting in the world that is traded: a sandbox that stands still is moved on, any other passes by itself. */
export function worldWait({ clock, timer, signal }: AppParts): WorldWait {
  return async (untilMs, stepMs) => {
    const targetMs = Math.min(untilMs, clock.nowMs() + stepMs);
    if (!(clock instanceof SandboxClock)) return timer.sleep(Math.max(0, targetMs - clock.nowMs()), signal);
    if (clock.speed === 0) return clock.moveTo(targetMs);
    await timer.sleep(Math.max(0, targetMs - clock.nowMs()) / clock.speed, signal);
    await clock.synchronise();
  };
}
