import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRng, ModelError, type Rng } from '../../domain/index.ts';
import { adaptiveSet, fitSplitConformal, observeOutcome, predictionSet, startAdaptiveConformal } from './index.ts';

const CLASSES = 3;

/** Rows whose labels are drawn from the given probabilities sharpened by `sharpness`: 1 is an honest model. */
function draw(rng: Rng, rows: number, sharpness: number): { probabilities: Float64Array; labels: Uint8Array } {
  const probabilities = new Float64Array(rows * CLASSES);
  const labels = new Uint8Array(rows);
  for (let row = 0; row < rows; row++) {
    const raw = Array.from({ length: CLASSES }, () => -Math.log(1 - rng()));
    const total = raw.reduce((sum, value) => sum + value, 0);
    const truth = raw.map((value) => (value / total) ** sharpness);
    probabilities.set(
      raw.map((value) => value / total),
      row * CLASSES,
    );
    let left = rng() * truth.reduce((sum, value) => sum + value, 0);
    while (labels[row]! < CLASSES - 1) {
      left -= truth[labels[row]!]!;
      if (left < 0) break;
      labels[row]!++;
    }
  }
  return { probabilities, labels };
}
const rowOf = (probabilities: Float64Array, row: number) => probabilities.subarray(row * CLASSES, (row + 1) * CLASSES);
const codeOf = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    return error instanceof ModelError ? error.code : error;
  }
  return 'nothing thrown';
};

describe('split conformal', () => {
  it.each([0.8, 0.9, 0.95])('covers fresh exchangeable rows at %d within a point', (coverage) => {
    const rng = createRng(11);
    let covered = 0;
    const [worlds, fresh] = [40, 1_000];
    for (let world = 0; world < worlds; world++) {
      const known = draw(rng, 1_000, 3);
      const later = draw(rng, fresh, 3);
      const fitted = fitSplitConformal(known.probabilities, known.labels, CLASSES, coverage);
      for (let row = 0; row < fresh; row++)
        if (predictionSet(fitted, rowOf(later.probabilities, row)).includes(later.labels[row]!)) covered++;
    }
    expect(Math.abs(covered / (worlds * fresh) - coverage)).toBeLessThan(0.01);
  });

  it('takes the rank that the finite-sample guarantee asks for', () => {
    const labels = new Uint8Array(9);
    const probabilities = Float64Array.from({ length: 18 }, (_, at) =>
      at % 2 === 0 ? (at / 2 + 1) / 10 : 1 - (at / 2 + 0.5) / 10,
    );
    expect(fitSplitConformal(probabilities, labels, 2, 0.9).threshold).toBeCloseTo(0.9, 12);
    expect(fitSplitConformal(probabilities, labels, 2, 0.8).threshold).toBeCloseTo(0.8, 12);
    expect(fitSplitConformal(probabilities, labels, 2, 0.91).threshold).toBe(Number.POSITIVE_INFINITY);
  });

  it('rules nothing out where there is nothing to calibrate on', () => {
    const fitted = fitSplitConformal(new Float64Array(0), new Uint8Array(0), CLASSES, 0.9);
    expect(predictionSet(fitted, [1, 0, 0])).toEqual([0, 1, 2]);
  });

  it('asks for more coverage with sets that contain the smaller ones', () => {
    const { probabilities, labels } = draw(createRng(5), 300, 2);
    const [narrow, wide] = [0.6, 0.95].map((coverage) => fitSplitConformal(probabilities, labels, CLASSES, coverage));
    for (let row = 0; row < labels.length; row++) {
      const p = rowOf(probabilities, row);
      expect(predictionSet(wide!, p)).toEqual(expect.arrayContaining(predictionSet(narrow!, p)));
    }
  });

  it('does not change its input', () => {
    const { probabilities, labels } = draw(createRng(6), 50, 1);
    const before = [probabilities.slice(), labels.slice()];
    fitSplitConformal(probabilities, labels, CLASSES, 0.9);
    expect([probabilities, labels]).toEqual(before);
  });
});

describe('adaptive conformal', () => {
  it('keeps its bound on the share of misses whatever happens', () => {
    const outcomes = fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 0, max: 1 })), {
      minLength: 1,
      maxLength: 400,
    });
    fc.assert(
      fc.property(
        outcomes,
        fc.double({ min: 0.05, max: 0.95, noNaN: true }),
        fc.double({ min: 0.01, max: 0.5, noNaN: true }),
        (days, coverage, rate) => {
          let state = startAdaptiveConformal(new Float64Array(0), new Uint8Array(0), 2, { coverage, rate, window: 50 });
          let misses = 0;
          for (const [p, label] of days) {
            const probabilities = Float64Array.of(p, 1 - p);
            if (!adaptiveSet(state, probabilities).includes(label)) misses++;
            state = observeOutcome(state, probabilities, label);
          }
          expect(Math.abs(misses / days.length - (1 - coverage))).toBeLessThanOrEqual((1 + rate) / (rate * days.length) + 1e-9);
        },
      ),
      { seed: 3, numRuns: 200 },
    );
  });

  it('holds its coverage within three points under drift, where split conformal does not', () => {
    const rng = createRng(17);
    const coverage = 0.9;
    const known = draw(rng, 1_000, 4);
    const split = fitSplitConformal(known.probabilities, known.labels, CLASSES, coverage);
    let state = startAdaptiveConformal(known.probabilities, known.labels, CLASSES, { coverage });
    const days = 2_000;
    let [bySplit, byAdaptive] = [0, 0];
    for (let day = 0; day < days; day++) {
      const { probabilities, labels } = draw(rng, 1, 4 - 5 * Math.min(1, day / 1_000));
      const label = labels[0]!;
      if (predictionSet(split, probabilities).includes(label)) bySplit++;
      if (adaptiveSet(state, probabilities).includes(label)) byAdaptive++;
      state = observeOutcome(state, probabilities, label);
    }
    expect(Math.abs(byAdaptive / days - coverage)).toBeLessThan(0.03);
    expect(bySplit / days).toBeLessThan(coverage - 0.1);
  });

  it('remembers only its window and leaves the earlier state as it was', () => {
    const { probabilities, labels } = draw(createRng(2), 30, 1);
    const first = startAdaptiveConformal(probabilities, labels, CLASSES, { coverage: 0.9, window: 20 });
    const kept = structuredClone(first);
    const next = observeOutcome(first, Float64Array.of(0.2, 0.3, 0.5), 2);
    expect(next.scores).toHaveLength(20);
    expect([...next.scores]).toEqual([...first.scores.subarray(1), 0.5]);
    expect(first).toEqual(kept);
  });
});

describe('what cannot be used', () => {
  const p = Float64Array.of(0.2, 0.3, 0.5);
  it.each<[string, () => unknown]>([
    ['conformal.bad_coverage', () => fitSplitConformal(p, Uint8Array.of(0), 3, 1)],
    ['conformal.bad_coverage', () => fitSplitConformal(p, Uint8Array.of(0), 3, Number.NaN)],
    ['conformal.shape_mismatch', () => fitSplitConformal(p, Uint8Array.of(0, 1), 3, 0.9)],
    ['conformal.label_out_of_range', () => fitSplitConformal(p, Uint8Array.of(3), 3, 0.9)],
    ['conformal.bad_probability', () => fitSplitConformal(Float64Array.of(Number.NaN, 0.5, 0.5), Uint8Array.of(0), 3, 0.9)],
    ['conformal.bad_setting', () => startAdaptiveConformal(p, Uint8Array.of(0), 3, { coverage: 0.9, rate: 0 })],
    ['conformal.bad_setting', () => startAdaptiveConformal(p, Uint8Array.of(0), 3, { coverage: 0.9, window: 0.5 })],
  ])('is refused with %s', (code, work) => {
    expect(codeOf(work)).toBe(code);
  });
});
