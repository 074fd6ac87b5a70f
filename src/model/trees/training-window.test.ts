import { describe, expect, it } from 'vitest';
import { createRng } from '../../domain/index.ts';
import type { Binning } from './binning.ts';
import { createTrainingWindow, selectRows } from './training-window.ts';

const windowOf = (rows: number) => {
  const rng = createRng(rows);
  const data = Float64Array.from({ length: rows * 2 }, () => rng());
  return createTrainingWindow({ data, rows, columns: 2 }, new Uint8Array(rows), 3, undefined, { maxBins: 255, ranks: false });
};

/** Rows of the smallest bin. */
const smallest = ({ rows, bins, binCounts }: Binning): number =>
  Math.min(...Array.from({ length: binCounts[0]! }, (_, bin) => bins.subarray(0, rows).filter((own) => own === bin + 1).length));

describe('bins of a training window', () => {
  it('hold 4 rows for forests, and for boosted trees 16 or as many as leave 24 bins', () => {
    const year = windowOf(400);
    expect([smallest(year.binning!), smallest(year.coarse!)]).toEqual([4, 16]);
    expect(year.coarse!.binCounts[0]).toBe(25);
    const quarter = windowOf(192);
    expect([smallest(quarter.binning!), smallest(quarter.coarse!)]).toEqual([4, 8]);
    expect(quarter.coarse!.binCounts[0]).toBe(24);
    expect(smallest(windowOf(60).coarse!)).toBe(4);
  });

  it('are the same for both where there are rows enough, also in a part of them', () => {
    const years = windowOf(16 * 255);
    expect(years.coarse).toBe(years.binning);
    const part = selectRows(years, Int32Array.of(5, 3, 8));
    expect(part.coarse).toBe(part.binning);
  });

  it('stay as they are when rows are selected', () => {
    const whole = windowOf(400);
    const rows = Int32Array.of(7, 2, 399);
    const part = selectRows(whole, rows);
    for (const kind of ['binning', 'coarse'] as const) {
      const [of, from] = [part[kind]!, whole[kind]!];
      expect(of.edges).toBe(from.edges);
      expect([...of.bins]).toEqual([0, 1].flatMap((column) => Array.from(rows, (row) => from.bins[column * 400 + row])));
    }
  });
});
