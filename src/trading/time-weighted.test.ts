import { describe, expect, it } from 'vitest';
import { timeWeightedEquity } from './time-weighted.ts';

const point = (equityUsd: number, transfersUsd: number) => ({ equityUsd, transfersUsd });

describe('timeWeightedEquity', () => {
  it('is equity itself where nothing was given or taken', () => {
    expect(timeWeightedEquity([point(100, 100), point(90.1, 100), point(110, 100)])).toEqual([100, 90.1, 110]);
    expect(timeWeightedEquity([])).toEqual([]);
  });

  it('neither counts a deposit as a gain nor a withdrawal as a loss', () => {
    // 10 % up, then 890 come in, then 10 % down; then half is taken and it stays.
    const values = timeWeightedEquity([point(100, 100), point(110, 100), point(1000, 990), point(900, 990), point(450, 540)]);
    const returns = values.slice(1).map((value, i) => value / values[i]! - 1);
    [0.1, 0, -0.1, 0].forEach((expected, i) => {
      expect(returns[i]).toBeCloseTo(expected, 12);
    });
    expect(values.at(-1)).toBe(450);
  });

  it('leaves equity alone where all of it came by hand', () => {
    expect(timeWeightedEquity([point(0, 0), point(500, 500)])).toEqual([0, 500]);
  });
});
