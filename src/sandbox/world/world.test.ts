import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../domain/index.ts';
import { World } from './world.ts';

const startMs = Date.UTC(2024, 0, 1);
const worldOf = (seed: number, edge = 0) => new World({ seed, startMs, edge, blockSpacingMs: 600_000, historyYears: 2 });

describe('World', () => {
  const world = worldOf(7);
  const from = startMs - 40 * DAY_MS;

  it('is the same for the same seed, whatever was asked before, and another for another seed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 39 * 24 }), fc.integer({ min: 1, max: 1_000 }), (hour, seed) => {
        const at = from + hour * HOUR_MS;
        const [one, other] = [worldOf(seed), worldOf(seed)];
        other.path.priceAt(startMs);
        expect(other.path.candles(at, at + 2 * HOUR_MS, HOUR_MS, startMs)).toEqual(
          one.path.candles(at, at + 2 * HOUR_MS, HOUR_MS, startMs),
        );
        expect(worldOf(seed + 1).path.priceAt(at)).not.toBe(one.path.priceAt(at));
      }),
      { numRuns: 20 },
    );
  });

  it('has coarse candles that are its fine ones put together', () => {
    for (const [fine, coarse] of [
      [MINUTE_MS, 5 * MINUTE_MS],
      [MINUTE_MS, HOUR_MS],
      [HOUR_MS, DAY_MS],
    ] as const) {
      const day = Math.floor(from / DAY_MS) * DAY_MS;
      for (const candle of world.path.candles(day, day + 2 * DAY_MS, coarse, startMs)) {
        const parts = world.path.candles(candle.openTimeMs, candle.openTimeMs + coarse, fine, startMs);
        expect(parts).toHaveLength(coarse / fine);
        expect(candle.open).toBe(parts[0]!.open);
        expect(candle.close).toBe(parts.at(-1)!.close);
        expect(candle.high).toBe(Math.max(...parts.map(({ high }) => high)));
        expect(candle.low).toBe(Math.min(...parts.map(({ low }) => low)));
        expect(candle.volume).toBeCloseTo(
          parts.reduce((sum, { volume }) => sum + volume, 0),
          2,
        );
      }
    }
  });

  it('shows nothing of the future: a forming candle ends at the present', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: DAY_MS - 1 }), (into) => {
        const day = Math.floor(from / DAY_MS) * DAY_MS;
        const [forming] = world.path.candles(day, day + DAY_MS, DAY_MS, day + into);
        expect(forming!.close).toBeCloseTo(world.path.priceAt(day + into), 1);
        expect(world.path.candles(day + DAY_MS, day + 2 * DAY_MS, HOUR_MS, day + into)).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  it.each([0, 0.3, 0.8])('plants an edge of %f: the share of the next return that the chain explains', (edge) => {
    const { path } = new World({ seed: 11, startMs, edge, blockSpacingMs: 600_000, historyYears: 8 });
    const pairs: [number, number][] = [];
    for (let end = path.firstMs + 2 * DAY_MS; end + DAY_MS < startMs; end += DAY_MS) {
      const logReturn = Math.log(path.priceAt(end + DAY_MS) / path.priceAt(end));
      pairs.push([path.signalShownAt(end - HOUR_MS), logReturn / path.volatilityAt(end)]);
    }
    expect(squaredCorrelation(pairs)).toBeGreaterThan(edge - 0.04);
    expect(squaredCorrelation(pairs)).toBeLessThan(edge + 0.04);
  });

  it('has clustered volatility and fat tails, as the market has', () => {
    const { path } = new World({ seed: 5, startMs, edge: 0, blockSpacingMs: 600_000, historyYears: 8 });
    const returns: number[] = [];
    for (let at = path.firstMs; at + DAY_MS < startMs; at += DAY_MS)
      returns.push(Math.log(path.priceAt(at + DAY_MS) / path.priceAt(at)));
    const size = returns.map(Math.abs);
    expect(Math.sqrt(squaredCorrelation(size.slice(1).map((value, i) => [size[i]!, value])))).toBeGreaterThan(0.1);
    const variance = mean(returns.map((x) => x ** 2));
    expect(mean(returns.map((x) => x ** 4)) / variance ** 2).toBeGreaterThan(3.5);
  });
});

const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;

function squaredCorrelation(pairs: readonly (readonly [number, number])[]): number {
  const [mx, my] = [mean(pairs.map(([x]) => x)), mean(pairs.map(([, y]) => y))];
  const covariance = mean(pairs.map(([x, y]) => (x - mx) * (y - my)));
  return covariance ** 2 / (mean(pairs.map(([x]) => (x - mx) ** 2)) * mean(pairs.map(([, y]) => (y - my) ** 2)));
}
