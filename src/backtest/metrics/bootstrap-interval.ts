import { percentileInterval, type Rng, resampleInBlocks } from '../../domain/index.ts';

export interface BootstrapOptions {
  /** Resamples, 2,000 unless told. */
  readonly resamples?: number;
  /** Mean block length in observations; the cube root of their number unless told. */
  readonly meanBlock?: number;
  /** Share of resamples inside the interval, 0.95 unless told. */
  readonly coverage?: number;
}

/** Fewer observations than this say too little about their own spread. */
const FEWEST_OBSERVATIONS = 20;

/**
 * Percentile interval of a statistic of dependent observations (Politis and Romano 1994).
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
  return percentileInterval(Float64Array.from(found).sort(), coverage);
}
