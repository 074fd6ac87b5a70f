import { DAY_MS, startOfDayMs } from '../../domain/index.ts';
import { type FeatureDefinition, ofRow } from '../feature-definition.ts';

const family = 'calendar' as const;
const YEAR_DAYS = 365.2425;
/** 1970-01-01 was a Thursday; weeks begin on Monday here. */
const weekday = (timeMs: number): number => (Math.floor(timeMs / DAY_MS) + 3) % 7;
const yearPhase = (timeMs: number): number => (2 * Math.PI * (timeMs / DAY_MS)) / YEAR_DAYS;
const weekPhase = (timeMs: number): number => (2 * Math.PI * weekday(timeMs)) / 7;

/** Day of the month, 1..31, from the day number (Howard Hinnant, civil_from_days). */
function dayOfMonth(timeMs: number): number {
  const shifted = startOfDayMs(timeMs) / DAY_MS + 719468;
  const dayOfEra = shifted - Math.floor(shifted / 146097) * 146097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36524) - Math.floor(dayOfEra / 146096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const month = Math.floor((5 * dayOfYear + 2) / 153);
  return dayOfYear - Math.floor((153 * month + 2) / 5) + 1;
}

const ofTime = (name: string, unit: string, description: string, compute: (timeMs: number) => number): FeatureDefinition =>
  ofRow({ name, family, unit, description }, [], (row) => compute(row.timeMs));

export const CALENDAR: readonly FeatureDefinition[] = [
  ofTime('weekday_sin', 'phase', 'Day of the week on a circle, sine.', (timeMs) => Math.sin(weekPhase(timeMs))),
  ofTime('weekday_cos', 'phase', 'Day of the week on a circle, cosine.', (timeMs) => Math.cos(weekPhase(timeMs))),
  ofTime('is_weekend', 'flag', '1 on Saturday and Sunday.', (timeMs) => (weekday(timeMs) >= 5 ? 1 : 0)),
  ofTime('year_sin', 'phase', 'Day of the year on a circle, sine.', (timeMs) => Math.sin(yearPhase(timeMs))),
  ofTime('year_cos', 'phase', 'Day of the year on a circle, cosine.', (timeMs) => Math.cos(yearPhase(timeMs))),
  ofTime('day_of_month', 'fraction', 'Day of the month, 0 first to 1 for the 31st.', (timeMs) => (dayOfMonth(timeMs) - 1) / 30),
];
