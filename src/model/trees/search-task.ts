import type { Binning } from './binning.ts';
import { BLOCK, blocksOf, largestHistogram, quadsNeeded } from './histogram.ts';

/** What a task asks of each block; `wasm/search-block.ts` has the same numbers. */
export const MODE = { few: 0, whole: 1, siblings: 2, siblingsByRow: 3 } as const;

/** Byte addresses that are the same in every memory. */
export const AT = { task: 0, small: 64, large: 80, smallLimits: 96, largeLimits: 128, free: 192 } as const;

/** Bytes for leaves of few rows: sums of four columns, 264 apart so that they do not alias, and a bit for each. */
const SCRATCH_BYTES = 4 * 264 * 8 + 4 * 32;
/** Numbers of one result: column, bin, missing left, left sum, numerator, denominator. */
export const RESULT = 6;

/** Addresses of everything that one search keeps in its memory, in bytes, and where it ends. */
export interface SearchAddresses {
  readonly columns: number;
  readonly binCounts: number;
  readonly offsets: number;
  readonly results: number;
  readonly order: number;
  readonly gathered: number;
  readonly quads: number;
  readonly scratch: number;
  readonly histograms: number;
  readonly histogramNumbers: number;
  readonly end: number;
}

/** Lays out a search with so many histograms. */
export function addressesOf(binning: Binning, slots: number): SearchAddresses {
  const { rows } = binning;
  const blocks = blocksOf(binning.columns);
  let end: number = AT.free;
  const take = (bytes: number) => {
    const at = end;
    end += Math.ceil(bytes / 64) * 64;
    return at;
  };
  const [columns, binCounts, offsets] = [1, 2, 3].map(() => take(blocks * BLOCK * 4)) as [number, number, number];
  const results = take(blocks * 2 * RESULT * 8);
  const order = take(rows * 4);
  const gathered = take(rows * 8);
  const quads = take(quadsNeeded(binning) * 4);
  const scratch = take(SCRATCH_BYTES);
  const histogramNumbers = Math.ceil(largestHistogram(binning) / 8) * 8;
  const histograms = take(histogramNumbers * 8 * slots);
  return { columns, binCounts, offsets, results, order, gathered, quads, scratch, histograms, histogramNumbers, end };
}
