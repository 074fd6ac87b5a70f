import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { InputRow } from '../feature-definition.ts';
import { CALENDAR } from './calendar.ts';

const valueAt = (name: string, timeMs: number): number =>
  CALENDAR.find((feature) => feature.name === name)!.start()({ timeMs } satisfies InputRow);

it('agrees with the Gregorian calendar at any time', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date('2009-01-01'), max: new Date('2100-01-01'), noInvalidDate: true }), (date) => {
      const timeMs = date.getTime();
      const weekday = (date.getUTCDay() + 6) % 7;
      expect(valueAt('day_of_month', timeMs)).toBe((date.getUTCDate() - 1) / 30);
      expect(valueAt('is_weekend', timeMs)).toBe(weekday >= 5 ? 1 : 0);
      expect(valueAt('weekday_sin', timeMs)).toBeCloseTo(Math.sin((2 * Math.PI * weekday) / 7), 12);
      expect(valueAt('weekday_cos', timeMs)).toBeCloseTo(Math.cos((2 * Math.PI * weekday) / 7), 12);
    }),
  );
});
