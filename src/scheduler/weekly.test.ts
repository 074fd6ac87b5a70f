import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, fromIso, toIso } from '../domain/index.ts';
import { latestWeeklyMs } from './weekly.ts';

describe('latestWeeklyMs', () => {
  const sunday = { weekday: 0, hourUtc: 2 };

  it('is the Sunday before, and the very moment itself', () => {
    expect(toIso(latestWeeklyMs(fromIso('2024-01-01'), sunday))).toBe('2023-12-31T02:00:00.000Z');
    expect(toIso(latestWeeklyMs(fromIso('2024-01-07T02:00'), sunday))).toBe('2024-01-07T02:00:00.000Z');
    expect(toIso(latestWeeklyMs(fromIso('2024-01-07T01:59'), sunday))).toBe('2023-12-31T02:00:00.000Z');
  });

  it('is never later than asked, never a week before, and always on its weekday', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 4e12 }),
        fc.integer({ min: 0, max: 6 }),
        fc.integer({ min: 0, max: 23 }),
        (timeMs, weekday, hourUtc) => {
          const due = latestWeeklyMs(timeMs, { weekday, hourUtc });
          expect(due).toBeLessThanOrEqual(timeMs);
          expect(timeMs - due).toBeLessThan(7 * DAY_MS);
          expect(new Date(due).getUTCDay()).toBe(weekday);
          expect(new Date(due).getUTCHours()).toBe(hourUtc);
        },
      ),
    );
  });
});
