import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, MINUTE_MS } from '../../domain/index.ts';
import { ClockWatch } from './clock-watch.ts';

const NOW = Date.UTC(2024, 0, 1, 12);

function watched(tookMs = 0) {
  const state = { elapsedMs: 0, offMs: 0, asked: 0, isAway: false };
  const told: string[] = [];
  const over: string[] = [];
  const nowMs = () => NOW + state.elapsedMs + state.offMs;
  const watch = new ClockWatch({
    clock: { nowMs },
    timer: { elapsedMs: () => state.elapsedMs, sleep: async () => undefined },
    alerts: {
      raise: ({ name, title }) => void told.push(`${name}: ${title}`),
      over: (name) => void over.push(name),
    },
    askTime: async () => {
      state.asked += 1;
      state.elapsedMs += tookMs;
      return state.isAway ? undefined : NOW + state.elapsedMs - tookMs / 2;
    },
  });
  return { watch, state, told, over };
}

describe('ClockWatch', () => {
  it('is content with a clock that is right, and compares every ten minutes', async () => {
    const { watch, state, told } = watched();
    for (let minute = 0; minute <= 30; minute++) {
      state.elapsedMs = minute * MINUTE_MS;
      expect(await watch.isWrong()).toBe(false);
    }
    expect({ asked: state.asked, told }).toEqual({ asked: 4, told: [] });
  });

  it.each([-DAY_MS, DAY_MS])('notices a jump by %d ms at once, and that it is over', async (offMs) => {
    const { watch, state, told, over } = watched();
    expect(await watch.isWrong()).toBe(false);
    state.offMs = offMs;
    expect(await watch.isWrong()).toBe(true);
    state.isAway = true;
    expect(await watch.isWrong()).toBe(true);
    state.isAway = false;
    state.offMs = 0;
    expect(await watch.isWrong()).toBe(false);
    const where = offMs > 0 ? 'ahead of' : 'behind';
    expect(told).toEqual([
      `clock_wrong: this machine's clock is 86400.0 s ${where} the exchange's`,
      "clock_right: this machine's clock agrees with the exchange's again",
    ]);
    expect(over).toEqual(['clock_right', 'clock_wrong']);
  });

  it('tells of a second, stops from a minute on, and forgives what asking took', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: -200_000, max: 200_000 }), fc.integer({ min: 0, max: 4_000 }), async (offMs, tookMs) => {
        const { watch, state, told } = watched(tookMs);
        state.offMs = offMs;
        const isTold = Math.abs(offMs) > 1_000 + tookMs / 2;
        expect(await watch.isWrong()).toBe(isTold && Math.abs(offMs) >= MINUTE_MS);
        expect(told.length).toBe(isTold ? 1 : 0);
      }),
    );
  });
});
