import type { Rng } from '../../domain/index.ts';

export interface BootstrapOptions {
  /** Resamples, 2,000 unless told. */
  readonly resamples?: number;
  /** Mean block length in observations; the cube root of their number unless told. */
  readonly meanBlock?: number;
  /** Share of resamples inside the interval, 0.95 unless told. */
  readonly coverage?: number;
}

/** One resample of the stationary bootstrap: blocks of geometric length that wrap around the end, written into `out`. */
export function resampleInBlocks(values: Float64Array, meanBlock: number, rng: Rng, out: Float64Array): void {
  const n = values.length;
  const startAnew = 1 / Math.max(meanBlock, 1);
  let at = Math.floor(rng() * n);
  for (let i = 0; i < out.length; i++) {
    out[i] = values[at]!;
    at = rng() < startAnew ? Math.floor(rng() * n) : (at + 1) % n;
  }
}

/** Fewer observations than this say too little about their own spread. */
const FEWEST_OBSERVATIONS = 20;

/**
 * Percentile interval of a statistic of dependent observations (Politis & Romano 1994, The Stationary Bootstrap).
 * Null with fewer than 20 observations, or where the statistic is undefined in half of the resamples.
 */
export function bootstrapInterval(
  values: Float64Array,
  statistic: (sample: Float64Array) => number | null,
  rng: Rng,
  { resamples = 2000, meanBlock = Math.cbrt(values.length), coverage = 0.95 }: BootstrapOptions = {},
): readonly [lo: number, hi: number] | null {
  if (values.length < FEWEST_OBSERVATIONS) return null;
  const sample = new Float64Array(values.length);
  const found: number[] = [];
  for (let i = 0; i < resamples; i++) {
    resampleInBlocks(values, meanBlock, rng, sample);
    const value = statistic(sample);
    if (value !== null && Number.isFinite(value)) found.push(value);
  }
  if (found.length < resamples / 2) return null;
  const sorted = Float64Array.from(found).sort();
  return [quantile(sorted, (1 - coverage) / 2), quantile(sorted, (1 + coverage) / 2)];
}

/** Of ascending values, linear between neighbours. */
function quantile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const below = sorted[Math.floor(at)]!;
  return below + (at - Math.floor(at)) * (sorted[Math.ceil(at)]! - below);
}
