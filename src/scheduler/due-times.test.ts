import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromIso, HOUR_MS, MINUTE_MS, toIso } from '../domain/index.ts';
import { parseDueTimes } from './due-times.ts';

describe('parseDueTimes', () => {
  it.each([
    ['30 4 * * *', '2024-03-31T00:59:59', '2024-03-31T04:30:00.000Z'],
    ['30 4 * * *', '2024-03-31T04:30:00', '2024-04-01T04:30:00.000Z'],
    ['0 2 * * 0', '2024-10-26T12:00', '2024-10-27T02:00:00.000Z'],
    ['0 0 29 2 *', '2024-03-01', '2028-02-29T00:00:00.000Z'],
    ['every 15m', '2024-01-01T00:00', '2024-01-01T00:15:00.000Z'],
    ['every 3h', '2024-01-01T02:59', '2024-01-01T03:00:00.000Z'],
  ])('%s after %s is %s, in UTC', (text, after, next) => {
    expect(toIso(parseDueTimes(text)(fromIso(after)))).toBe(next);
  });

  it('goes on from where it is asked, never stands still, and restarts do not move it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e12 }), fc.constantFrom('*/20 * * * *', 'every 20m'), (afterMs, text) => {
        const next = parseDueTimes(text)(afterMs);
        expect(next).toBeGreaterThan(afterMs);
        expect(next - afterMs).toBeLessThanOrEqual(20 * MINUTE_MS);
        expect(next % (20 * MINUTE_MS)).toBe(0);
        expect(parseDueTimes(text)(next) - next).toBe(20 * MINUTE_MS);
      }),
    );
    expect(HOUR_MS % (20 * MINUTE_MS)).toBe(0);
  });

  it.each(['', 'soon', 'every 0m', 'every 5 minutes', '61 * * * *', '0 0 31 2 *', '* * * * * *'])('refuses "%s"', (text) => {
    expect(() => parseDueTimes(text)).toThrow(expect.objectContaining({ code: 'schedule.bad_time', exitCode: 2 }));
  });
});
