import { DAY_MS, startOfDayMs } from '../../domain/index.ts';

/** An equity curve: ascending times and the value of everything held at each of them, in USD. */
export interface EquityCurve {
  readonly timeMs: Float64Array;
  readonly equityUsd: Float64Array;
}

/** The last point of every UTC day that has one. */
export function dailyCurve({ timeMs, equityUsd }: EquityCurve): EquityCurve {
  const last = Array.from(timeMs.keys()).filter(
    (i) => i === timeMs.length - 1 || startOfDayMs(timeMs[i]!) !== startOfDayMs(timeMs[i + 1]!),
  );
  return { timeMs: Float64Array.from(last, (i) => timeMs[i]!), equityUsd: Float64Array.from(last, (i) => equityUsd[i]!) };
}

/** Simple returns from one point to the next, one fewer than points. After ruin (equity at or below 0) they are 0. */
export function simpleReturns(equityUsd: Float64Array): Float64Array {
  const returns = new Float64Array(Math.max(equityUsd.length - 1, 0));
  for (let i = 0; i < returns.length; i++) {
    const before = equityUsd[i]!;
    returns[i] = before > 0 ? equityUsd[i + 1]! / before - 1 : 0;
  }
  return returns;
}

/** End over start, less 1; null without two points or with nothing at the start. */
export function totalReturn(equityUsd: Float64Array): number | null {
  const start = equityUsd[0];
  const end = equityUsd.at(-1);
  return start === undefined || end === undefined || equityUsd.length < 2 || !(start > 0) ? null : end / start - 1;
}

/** Compound growth a year of 365 days, over the time that really passed; -1 after ruin, null under one day. */
export function compoundAnnualGrowth({ timeMs, equityUsd }: EquityCurve): number | null {
  const total = totalReturn(equityUsd);
  const days = timeMs.length < 2 ? 0 : (timeMs.at(-1)! - timeMs[0]!) / DAY_MS;
  if (total === null || days < 1) return null;
  const growth = Math.max(1 + total, 0) ** (365 / days) - 1;
  return Number.isFinite(growth) ? growth : null;
}
