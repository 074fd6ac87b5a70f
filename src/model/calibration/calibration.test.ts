import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { smoothedShares } from './class-shares.ts';
import { drawnRows } from './drawn-rows.fixture.ts';
import { fitShrinkage, shrinkToShares } from './prior-shrinkage.ts';
import { sumLogLoss } from './sum-log-loss.ts';
import { applyTemperature, fitTemperature } from './temperature.ts';

const rowOfThree = fc
  .tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([a, b]) => {
    const [low, high] = [Math.min(a, b), Math.max(a, b)];
    return [low, high - low, 1 - high];
  });

describe('temperature', () => {
  it('keeps rows probabilities in their order, whatever they are', () => {
    fc.assert(
      fc.property(rowOfThree, fc.double({ min: 0.25, max: 8, noNaN: true }), (row, temperature) => {
        const scaled = applyTemperature(Float64Array.from(row), 3, temperature);
        expect(scaled.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 9);
        for (const [a, b] of [
          [0, 1],
          [1, 2],
          [0, 2],
        ] as const) {
          if (row[a]! > row[b]!) expect(scaled[a]!).toBeGreaterThanOrEqual(scaled[b]!);
        }
      }),
      { seed: 1 },
    );
  });

  it.each([0.5, 1, 2.5])('finds again by how much probabilities were sharpened (%f)', (temperature) => {
    const { probabilities, labels } = drawnRows(6_000, 1, 4);
    const distorted = applyTemperature(probabilities, 3, 1 / temperature);
    expect(fitTemperature({ probabilities: distorted, labels, weights: null }, 3) / temperature).toBeCloseTo(1, 1);
  });
});

describe('shrinkage to class shares', () => {
  it('keeps what is right and drops what is noise', () => {
    const right = drawnRows(1_500, 1, 5);
    const shares = smoothedShares(right.labels, 3, null);
    expect(fitShrinkage(right, shares)).toBeGreaterThan(0.85);
    const noise = drawnRows(1_500, 1, 6).probabilities;
    expect(fitShrinkage({ ...right, probabilities: noise }, shares)).toBeLessThan(0.02);
  });

  it.each([0.15, 0.5, 1])('costs next to nothing on noise (of strength %f), in new rows', (strength) => {
    const shares = Float64Array.of(1 / 3, 1 / 3, 1 / 3);
    let excess = 0;
    let unshrunk = 0;
    for (let seed = 0; seed < 200; seed++) {
      const { labels } = drawnRows(360, 0, 100 + seed);
      const { probabilities } = drawnRows(360, strength, 9_000 + seed);
      const weight = fitShrinkage(
        { probabilities: probabilities.subarray(0, 540), labels: labels.subarray(0, 180), weights: null },
        shares,
      );
      const later = labels.subarray(180);
      const lossAt = (kept: number) => sumLogLoss(shrinkToShares(probabilities.subarray(540), shares, kept), later, 3);
      excess += (lossAt(weight) - lossAt(0)) / 200 / 180;
      unshrunk += (lossAt(1) - lossAt(0)) / 200 / 180;
    }
    expect(excess).toBeLessThan(0.0015);
    expect(excess).toBeLessThan(unshrunk / 4);
  });

  it('is between the shares and the prediction', () => {
    fc.assert(
      fc.property(rowOfThree, fc.double({ min: 0, max: 1, noNaN: true }), (row, weight) => {
        const shares = Float64Array.of(0.2, 0.3, 0.5);
        shrinkToShares(Float64Array.from(row), shares, weight).forEach((p, k) => {
          expect(p).toBeGreaterThanOrEqual(Math.min(row[k]!, shares[k]!) - 1e-12);
          expect(p).toBeLessThanOrEqual(Math.max(row[k]!, shares[k]!) + 1e-12);
        });
      }),
      { seed: 2 },
    );
  });
});

describe('sumLogLoss', () => {
  it('stays finite where something impossible came true', () => {
    expect(sumLogLoss(Float64Array.of(0, 1, 0), Uint8Array.of(0), 3)).toBeCloseTo(-Math.log(1e-15), 9);
  });
});
