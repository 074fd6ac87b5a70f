import { DAY_MS, type TimeMs } from '../../domain/index.ts';
import type { EquityCurve } from './returns.ts';

/** The deepest fall from a peak. */
export interface Drawdown {
  /** Share of the peak that was lost, 0..1. */
  readonly depth: number;
  readonly peakMs: TimeMs;
  readonly troughMs: TimeMs;
  /** First time back at the peak; null while still below it at the end. */
  readonly recoveredMs: TimeMs | null;
  /** From the peak to the recovery, or to the end while still below. */
  readonly days: number;
}

/** At every point the share lost since the highest point so far: 0 at a peak, 1 after total ruin. */
export function drawdownSeries(equityUsd: Float64Array): Float64Array {
  let peak = 0;
  return equityUsd.map((value) => {
    peak = Math.max(peak, value);
    return peak > 0 ? Math.min(1 - value / peak, 1) : 0;
  });
}

/** The deepest drawdown, the first of equally deep ones; null where equity never fell. */
export function maxDrawdown({ timeMs, equityUsd }: EquityCurve): Drawdown | null {
  const depths = drawdownSeries(equityUsd);
  let trough = 0;
  for (let i = 1; i < depths.length; i++) if (depths[i]! > depths[trough]!) trough = i;
  if (!(depths[trough]! > 0)) return null;
  let peak = trough;
  while (depths[peak]! > 0) peak--;
  const recovered = depths.findIndex((depth, i) => i > trough && depth === 0);
  const recoveredMs = recovered < 0 ? null : timeMs[recovered]!;
  return {
    depth: depths[trough]!,
    peakMs: timeMs[peak]!,
    troughMs: timeMs[trough]!,
    recoveredMs,
    days: ((recoveredMs ?? timeMs.at(-1)!) - timeMs[peak]!) / DAY_MS,
  };
}
