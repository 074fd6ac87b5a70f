import { DAY_MS, type TimeMs, toIsoDay } from '../../domain/index.ts';

/** From values to positions; `ticks` are round values inside the domain. */
export interface Scale {
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}

/** Even distances for even differences. */
export function linearScale([low, high]: readonly [number, number], [from, to]: readonly [number, number], ticks = 5): Scale {
  const span = high - low || 1;
  return { at: (value) => from + ((value - low) / span) * (to - from), ticks: roundTicks(low, high, ticks) };
}

/** Even distances for even ratios; values must be positive. */
export function logScale([low, high]: readonly [number, number], range: readonly [number, number], ticks = 5): Scale {
  const inner = linearScale([Math.log(low), Math.log(high)], range);
  const decades = Math.log10(high / low);
  const steps = decades > 2.5 ? [1] : decades > 1.6 ? [1, 3] : decades > 0.6 ? [1, 2, 5] : null;
  if (steps === null) return { at: (value) => inner.at(Math.log(value)), ticks: roundTicks(low, high, ticks) };
  const first = Math.floor(Math.log10(low));
  const powers = Array.from({ length: Math.ceil(Math.log10(high)) - first + 1 }, (_, i) => 10 ** (first + i));
  const values = powers.flatMap((power) => steps.map((step) => step * power)).filter((value) => value >= low && value <= high);
  return { at: (value) => inner.at(Math.log(value)), ticks: values };
}

/** Whether a curve spans so much that a linear axis would flatten its beginning. */
export const wantsLog = (low: number, high: number): boolean => low > 0 && high / low > 4;

/** Multiples of 1, 2, 2.5 or 5 times a power of ten from `low` to `high`, about `wanted` of them. */
function roundTicks(low: number, high: number, wanted: number): number[] {
  const rough = (high - low) / Math.max(wanted, 1);
  if (!(rough > 0) || !Number.isFinite(rough)) return [low];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 2.5, 5].find((x) => x * power >= rough * 0.999) ?? 10) * power;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: Math.max(last - first + 1, 0) }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** A time with what is written under it. */
export interface TimeTick {
  readonly timeMs: TimeMs;
  readonly text: string;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** At most about nine beginnings of years, quarters, months or days between two times. */
export function timeTicks(startMs: TimeMs, endMs: TimeMs): TimeTick[] {
  const days = (endMs - startMs) / DAY_MS;
  if (days > 70) return monthTicks(startMs, endMs, [1, 2, 3, 6, 12, 24, 60].find((months) => days / 30.4 / months <= 9) ?? 120);
  const step = [1, 2, 7, 14].find((x) => days / x <= 7) ?? 14;
  const first = Math.ceil(startMs / DAY_MS);
  const last = Math.floor(endMs / DAY_MS);
  return Array.from({ length: Math.max(Math.ceil((last - first + 1) / step), 0) }, (_, i) => {
    const timeMs = (first + i * step) * DAY_MS;
    const iso = toIsoDay(timeMs);
    return { timeMs, text: `${Number(iso.slice(8))} ${MONTHS[Number(iso.slice(5, 7)) - 1]}` };
  });
}

function monthTicks(startMs: TimeMs, endMs: TimeMs, step: number): TimeTick[] {
  const ticks: TimeTick[] = [];
  const firstYear = Number(toIsoDay(startMs).slice(0, 4));
  for (let month = 0; ; month += step) {
    const timeMs = Date.UTC(firstYear, month);
    if (timeMs > endMs) return ticks;
    if (timeMs >= startMs) ticks.push({ timeMs, text: monthText(firstYear + Math.floor(month / 12), month % 12, step) });
  }
}

const monthText = (year: number, month: number, step: number): string =>
  step >= 12 ? String(year) : month === 0 || step >= 6 ? `${MONTHS[month]} ${year}` : (MONTHS[month] ?? '');
