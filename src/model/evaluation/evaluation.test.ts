import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRng, normal } from '../../domain/index.ts';
import { assessSkill } from './assess-skill.ts';
import { expectedCalibrationError, reliabilityBins } from './calibration-error.ts';
import { dieboldMariano, stationaryBootstrapInterval } from './mean-interval.ts';
import { accuracy, balancedAccuracy, brierScore, confusionMatrix, logLoss, matthewsCorrelation, perClass } from './scores.ts';

const probabilities = Float64Array.of(0.7, 0.2, 0.1, 0.1, 0.6, 0.3, 0.3, 0.3, 0.4, 0.5, 0.25, 0.25);
const labels = Uint8Array.of(0, 1, 2, 1);

describe('scores', () => {
  it('agree with values computed by hand', () => {
    expect(logLoss(probabilities, labels)).toBeCloseTo(-(Math.log(0.7) + Math.log(0.6) + Math.log(0.4) + Math.log(0.25)) / 4, 12);
    expect(brierScore(probabilities, labels)).toBeCloseTo((0.14 + 0.26 + 0.54 + 0.875) / 4, 12);
    expect(accuracy(probabilities, labels)).toBe(0.75);
    const confusion = confusionMatrix(probabilities, labels);
    expect(confusion).toEqual([[1, 0, 0], [1, 1, 0], [0, 0, 1]]);
    expect(balancedAccuracy(confusion)).toBeCloseTo(2.5 / 3, 12);
    expect(perClass(confusion)[0]).toEqual({ precision: 0.5, recall: 1 });
    expect(matthewsCorrelation(confusion)).toBeCloseTo(7 / Math.sqrt(10 * 10), 12);
  });

  it('an impossible event costs much and not infinitely', () => {
    expect(logLoss(Float64Array.of(1, 0, 0), Uint8Array.of(1))).toBeCloseTo(34.54, 2);
  });

  it('calibration error is nought where confidence is right in every bin', () => {
    const rng = createRng(1);
    const rows = 20_000;
    const p = new Float64Array(rows * 3);
    const y = new Uint8Array(rows);
    for (let i = 0; i < rows; i++) {
      const top = 1 / 3 + (2 / 3) * rng();
      p.set([top, (1 - top) / 2, (1 - top) / 2], i * 3);
      y[i] = rng() < top ? 0 : rng() < 0.5 ? 1 : 2;
    }
    expect(expectedCalibrationError(p, y)).toBeLessThan(0.015);
    expect(reliabilityBins(p, y).reduce((sum, bin) => sum + bin.rows, 0)).toBe(rows);
  });
});

describe('intervals', () => {
  it('hold the mean and grow with confidence', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 20, maxLength: 60 }), fc.integer(), (values, seed) => {
        const at = (confidence: number) => stationaryBootstrapInterval(Float64Array.from(values), { confidence, resamples: 200, rng: createRng(seed) });
        const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
        const [wide, narrow] = [at(0.98), at(0.5)];
        expect(wide[0]).toBeLessThanOrEqual(narrow[0]);
        expect(wide[1]).toBeGreaterThanOrEqual(narrow[1]);
        expect(wide[0] - 1e-9).toBeLessThanOrEqual(mean + 1);
      }),
      { numRuns: 30 },
    );
  });

  it('Diebold-Mariano without lags is the t-statistic', () => {
    const values = Float64Array.of(1, 2, 3, 4, 5, 6);
    const variance = values.reduce((sum, x) => sum + (x - 3.5) ** 2, 0) / 6;
    expect(dieboldMariano(values, 0)).toBeCloseTo((3.5 / Math.sqrt(variance / 6)) * Math.sqrt(5 / 6), 10);
    expect(dieboldMariano(new Float64Array(10).fill(0))).toBe(0);
  });
});

/** Days whose outcome follows `strength` x a signal; the model knows the signal, and shouts by `overconfidence`. */
function scored(days: number, strength: number, overconfidence: number, seed: number) {
  const rng = createRng(seed);
  const p = new Float64Array(days * 3);
  const b = new Float64Array(days * 3).fill(1 / 3);
  const y = new Uint8Array(days);
  let signal = 0;
  for (let i = 0; i < days; i++) {
    signal = 0.8 * signal + 0.6 * normal(rng);
    const outcome = strength * signal + Math.sqrt(1 - strength ** 2) * normal(rng);
    y[i] = outcome > 0.43 ? 0 : outcome < -0.43 ? 1 : 2;
    const tilt = Math.exp(overconfidence * signal);
    const total = tilt + 1 / tilt + 1;
    p.set([tilt / total, 1 / tilt / total, 1 / total], i * 3);
  }
  return { probabilities: p, baseline: b, labels: y };
}

describe('assessSkill', () => {
  it('claims no skill on noise more often than five times in a hundred allow', () => {
    let found = 0;
    for (let world = 0; world < 200; world++) {
      if (assessSkill(scored(120, 0, 0.05 + (world % 4) * 0.2, world), createRng(world)).verdict === 'found') found++;
    }
    expect(found).toBeLessThanOrEqual(10);
  });

  it('finds skill that is there', () => {
    let found = 0;
    for (let world = 0; world < 20; world++) if (assessSkill(scored(250, 0.5, 0.6, world), createRng(world)).verdict === 'found') found++;
    expect(found).toBeGreaterThanOrEqual(18);
  });

  it('says unknown of a few days, and says so in words', () => {
    const verdict = assessSkill(scored(20, 0.9, 1, 1), createRng(1));
    expect(verdict.verdict).toBe('unknown');
    expect(verdict.text).toContain('Only 20 days');
  });
});
