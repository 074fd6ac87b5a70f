import type { EquityPoint } from './performance-log.ts';

type Valued = Pick<EquityPoint, 'equityUsd' | 'transfersUsd'>;

/**
 * Equity without what was given or taken by hand: each value as it would be had the capital of the last point been there
 * all along, so that ratios between them are time-weighted returns (a transfer counts at the point after it). Without
 * transfers the values are those of the points.
 */
export function timeWeightedEquity(points: readonly Valued[]): number[] {
  const adjusted = points.map(({ equityUsd }) => equityUsd);
  let factor = 1;
  for (let i = points.length - 2; i >= 0; i--) {
    const later = points[i + 1]!;
    const flow = later.transfersUsd - points[i]!.transfersUsd;
    const earned = later.equityUsd - flow;
    if (flow !== 0 && earned > 0) factor *= later.equityUsd / earned;
    adjusted[i] = points[i]!.equityUsd * factor;
  }
  return adjusted;
}
