import type { Rng } from './rng.ts';

/**
 * One resample of the stationary bootstrap (Politis and Romano 1994), for observations that may depend on their
 * neighbours: blocks of geometric length that wrap around the end, written into `out`.
 */
export function resampleInBlocks(values: Float64Array, meanBlock: number, rng: Rng, out: Float64Array): void {
  const n = values.length;
  const startAnew = 1 / Math.max(meanBlock, 1);
  let at = Math.floor(rng() * n);
  for (let i = 0; i < out.length; i++) {
    out[i] = values[at]!;
    at = rng() < startAnew ? Math.floor(rng() * n) : (at + 1) % n;
  }
}

/** Two-sided interval that holds `coverage` of the values, linear between neighbours. */
export function percentileInterval(ascending: Float64Array, coverage: number): readonly [low: number, high: number] {
  const quantile = (share: number) => {
    const at = share * (ascending.length - 1);
    const below = ascending[Math.floor(at)]!;
    return below + (at - Math.floor(at)) * (ascending[Math.ceil(at)]! - below);
  };
  return [quantile((1 - coverage) / 2), quantile((1 + coverage) / 2)];
}
