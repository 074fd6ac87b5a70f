import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyCalibrator, CALIBRATOR_KINDS, fitCalibrator } from './calibrator.ts';
import { chooseCalibration } from './choose-calibration.ts';
import { drawnRows } from './drawn-rows.fixture.ts';
import type { JudgedRows } from './judged-rows.ts';
import { shrinkToShares } from './prior-shrinkage.ts';
import { sumLogLoss } from './sum-log-loss.ts';
import { applyTemperature } from './temperature.ts';

type Distortion = (probabilities: Float64Array) => Float64Array;

const normalised = (values: Float64Array): Float64Array =>
  values.map((value, at) => {
    const from = at - (at % 3);
    return value / (values[from]! + values[from + 1]! + values[from + 2]!);
  });
/** Says BUY four times as readily as it should, whatever else. */
const biased: Distortion = (p) => normalised(p.map((value, at) => value * (at % 3 === 0 ? 4 : 1)));
/** Says a hundredth of every probability below 0.2: a step that no line through log probabilities has. */
const stepped: Distortion = (p) => normalised(p.map((value) => (value < 0.2 ? 0.01 * value : value)));
const sharpened: Distortion = (p) => applyTemperature(p, 3, 0.5);
const same: Distortion = (p) => p;

function blocks(rows: number, count: number, distort: Distortion, seed: number): JudgedRows[] {
  return Array.from({ length: count }, (_, i) => {
    const { probabilities, labels } = drawnRows(rows, 1, seed * 100 + i);
    return { probabilities: distort(probabilities), labels, weights: null };
  });
}
const SHARES = Float64Array.of(1 / 3, 1 / 3, 1 / 3);
const lossPerRow = (probabilities: Float64Array, labels: Uint8Array) => sumLogLoss(probabilities, labels, 3) / labels.length;

describe.each(CALIBRATOR_KINDS)('%s calibration', (kind) => {
  it('gives probabilities that sum to 1 for any input, also at the edges', () => {
    const calibrator = fitCalibrator(kind, drawnRows(200, 2, 1), 3);
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }), (a, b) => {
        const row = Float64Array.of(a * b, a * (1 - b), 1 - a);
        const calibrated = applyCalibrator(calibrator, row, 3);
        expect(calibrated.every((p) => p >= 0 && p <= 1)).toBe(true);
        expect(calibrated.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 9);
      }),
      { seed: 1 },
    );
  });

  it('does little harm to what is right already, on rows it has not seen', () => {
    const fitted = drawnRows(2_000, 1, 2);
    const later = drawnRows(2_000, 1, 3);
    const calibrator = fitCalibrator(kind, fitted, 3);
    const calibrated = applyCalibrator(calibrator, later.probabilities, 3);
    expect(lossPerRow(calibrated, later.labels)).toBeLessThan(lossPerRow(later.probabilities, later.labels) + 0.015);
  });

  it('is fitted to any rows: one, equal ones, one class only', () => {
    for (const labels of [Uint8Array.of(1), Uint8Array.of(2, 2, 2), Uint8Array.of(0, 1, 2, 0)]) {
      const probabilities = new Float64Array(labels.length * 3).fill(1 / 3);
      const calibrated = applyCalibrator(fitCalibrator(kind, { probabilities, labels, weights: null }, 3), probabilities, 3);
      expect(calibrated.every((p) => p > 0 && p < 1)).toBe(true);
    }
  });
});

describe('isotonic calibration', () => {
  it('agrees with pooled means worked out by hand', () => {
    // Said 0.1, 0.2, 0.3, 0.6 for class 0; came true: no, yes, no, yes. The middle two are pooled to a half.
    const p = Float64Array.from([0.1, 0.2, 0.3, 0.6].flatMap((first) => [first, 1 - first]));
    const { numbers } = fitCalibrator('isotonic', { probabilities: p, labels: Uint8Array.of(1, 0, 1, 0), weights: null }, 2);
    expect([...numbers.subarray(0, 9)]).toEqual([4, 0.1, 0.2, 0.3, 0.6, 1 / 6, 0.5, 0.5, 5 / 6]);
  });
});

describe('chooseCalibration', () => {
  it.each([
    ['temperature', sharpened],
    ['dirichlet', biased],
    ['isotonic', stepped],
    ['temperature', same],
  ] as const)('mends what is wrong: %s', (kind, distort) => {
    const { calibrator, weight, shares } = chooseCalibration(blocks(600, 5, distort, 4), SHARES);
    expect(calibrator.kind).toBe(kind);
    const later = drawnRows(3_000, 1, 99);
    const mended = shrinkToShares(applyCalibrator(calibrator, distort(later.probabilities), 3), shares, weight);
    expect(lossPerRow(mended, later.labels)).toBeLessThan(lossPerRow(later.probabilities, later.labels) + 0.05);
  });

  it('keeps to temperature where there are few rows to judge by', () => {
    for (let seed = 1; seed <= 20; seed++)
      expect(chooseCalibration(blocks(36, 4, same, seed), SHARES).calibrator.kind).toBe('temperature');
  });

  it('turns noise into next to the class shares: on new rows it costs less than 0.002 nats a row', () => {
    let excess = 0;
    for (let seed = 1; seed <= 40; seed++) {
      const noise = blocks(36, 4, same, seed).map(({ labels }, i) => ({
        ...drawnRows(36, 0.3, seed * 1_000 + i),
        labels,
      }));
      const { calibrator, weight } = chooseCalibration(noise, SHARES);
      const later = drawnRows(400, 0.3, seed * 1_000 + 77);
      const { labels } = drawnRows(400, 0, seed * 1_000 + 78);
      const mended = shrinkToShares(applyCalibrator(calibrator, later.probabilities, 3), SHARES, weight);
      excess += (lossPerRow(mended, labels) - lossPerRow(shrinkToShares(mended, SHARES, 0), labels)) / 40;
    }
    expect(excess).toBeLessThan(0.002);
  });

  it('gives the shares alone where nothing was judged', () => {
    expect(chooseCalibration([], SHARES)).toMatchObject({ weight: 0, shares: SHARES });
  });
});
