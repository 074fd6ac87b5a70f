import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS } from '../domain/index.ts';
import { dailyJob, latestRun, nextRun, timedJob, weeklyJob } from './job.ts';

const daily = dailyJob('decision', 23, 6 * HOUR_MS);
const weekly = weeklyJob('training', { weekday: 0, hourUtc: 2 }, 5 * DAY_MS);

describe('nextRun', () => {
  it('goes through every due time once, in order, whatever the time it is asked at', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e12 }), fc.integer({ min: 1, max: 40 }), (sinceMs, runs) => {
        const last = new Map<string, number>();
        let before = sinceMs;
        for (let i = 0; i < runs; i++) {
          const next = nextRun([weekly, daily], last, sinceMs, sinceMs)!;
          expect(next.dueMs).toBeGreaterThanOrEqual(before);
          expect(next.dueMs).toBeGreaterThan(last.get(next.job.name) ?? sinceMs);
          before = next.dueMs;
          last.set(next.job.name, next.dueMs);
        }
        const decided = last.get('decision');
        if (decided !== undefined) expect(new Date(decided).getUTCHours()).toBe(23);
      }),
    );
  });

  it('misses what is later than the job allows, and nothing before the job first ran', () => {
    const startMs = Date.UTC(2024, 0, 1, 12);
    const dueMs = Date.UTC(2024, 0, 1, 23);
    expect(nextRun([daily], new Map(), startMs, dueMs + 6 * HOUR_MS)).toMatchObject({ dueMs, isMissed: false });
    expect(nextRun([daily], new Map(), startMs, dueMs + 6 * HOUR_MS + 1)).toMatchObject({ dueMs, isMissed: true });
    expect(nextRun([daily], new Map([['decision', dueMs]]), startMs, dueMs)).toMatchObject({ dueMs: dueMs + DAY_MS });
  });

  it('knows no due time without jobs', () => {
    expect(nextRun([], new Map(), 0, 0)).toBeUndefined();
  });
});

describe('latestRun', () => {
  const hourly = timedJob('extraction', (afterMs) => (Math.floor(afterMs / HOUR_MS) + 1) * HOUR_MS, 30 * 60_000);

  it('lets one run stand for all that passed', () => {
    expect(latestRun(hourly, 0, 5 * HOUR_MS + 1)).toMatchObject({ dueMs: 5 * HOUR_MS, isMissed: false });
    expect(latestRun(hourly, 5 * HOUR_MS, 6 * HOUR_MS - 1)).toBeUndefined();
  });

  it('misses what is later than the job allows', () => {
    expect(latestRun(hourly, 0, 5 * HOUR_MS + 31 * 60_000)).toMatchObject({ dueMs: 5 * HOUR_MS, isMissed: true });
  });
});
