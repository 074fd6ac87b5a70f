import { CLASS_LABELS } from '../../domain/index.ts';
import type { ReportDay } from './report-data.ts';

/** Predictions of similar confidence and how many of them came true. */
export interface ReliabilityBin {
  readonly low: number;
  readonly high: number;
  readonly count: number;
  readonly hits: number;
  readonly meanConfidence: number;
  readonly hitRate: number;
  /** 95 % interval of the hit rate (Wilson 1927). */
  readonly interval: readonly [number, number];
}

const BIN_WIDTH = 0.05;

/** Bins of 5 percentage points of confidence that hold at least one scored prediction, ascending. */
export function reliabilityBins(days: readonly ReportDay[]): ReliabilityBin[] {
  const scored = days.flatMap(({ label, confidence, outcome }) =>
    label === null || confidence === null || outcome === null ? [] : [{ confidence, hit: CLASS_LABELS[outcome] === label }],
  );
  const bins = Math.round(1 / BIN_WIDTH);
  return Array.from({ length: bins }, (_, i) => {
    const inside = scored.filter((x) => Math.min(Math.floor(x.confidence / BIN_WIDTH + 1e-9), bins - 1) === i);
    const hits = inside.filter((x) => x.hit).length;
    return {
      low: i * BIN_WIDTH,
      high: (i + 1) * BIN_WIDTH,
      count: inside.length,
      hits,
      meanConfidence: inside.reduce((sum, x) => sum + x.confidence, 0) / inside.length,
      hitRate: hits / inside.length,
      interval: wilsonInterval(hits, inside.length),
    };
  }).filter((bin) => bin.count > 0);
}

/** 95 % interval of a share seen as `hits` of `n`. */
function wilsonInterval(hits: number, n: number): readonly [number, number] {
  const z = 1.959963984540054;
  const share = hits / n;
  const middle = (share + z ** 2 / (2 * n)) / (1 + z ** 2 / n);
  const reach = (z / (1 + z ** 2 / n)) * Math.sqrt((share * (1 - share)) / n + z ** 2 / (4 * n ** 2));
  return [Math.max(middle - reach, 0), Math.min(middle + reach, 1)];
}
