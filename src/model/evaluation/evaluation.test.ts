import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRng, normal } from '../../domain/index.ts';
import { assessSkill } from './assess-skill.ts';
import { classShareBaseline, persistenceBaseline } from './baselines.ts';
import { classwiseCalibrationError, expectedCalibrationError, reliabilityBins } from './calibration-error.ts';
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
    expect(confusion).toEqual([
      [1, 0, 0],
      [1, 1, 0],
      [0, 0, 1],
    ]);
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

describe('calibration by class', () => {
  it('sees a class that is never as likely as said, behind a top class that is right', () => {
    const rows = 1_000;
    const p = Float64Array.from({ length: rows * 3 }, (_, i) => [0.6, 0.3, 0.1][i % 3]!);
    const y = Uint8Array.from({ length: rows }, (_, i) => (i % 10 < 6 ? 0 : 2));
    expect(expectedCalibrationError(p, y)).toBeCloseTo(0, 12);
    expect(classwiseCalibrationError(p, y)).toBeCloseTo((0 + 0.3 + 0.3) / 3, 12);
  });

  it('is never above 1 nor below 0, and nought for a sure prediction that is right', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(2), { minLength: 1, maxLength: 40 }), (classes) => {
        const sure = Float64Array.from(classes.flatMap((k) => [0, 1, 2].map((label) => (label === k ? 1 : 0))));
        expect(classwiseCalibrationError(sure, Uint8Array.from(classes))).toBe(0);
        const wrong = classwiseCalibrationError(
          sure,
          Uint8Array.from(classes, (k) => (k + 1) % 3),
        );
        expect(wrong).toBeGreaterThanOrEqual(0);
        expect(wrong).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('baselines', () => {
  it('class shares count one extra row a class', () => {
    expect([...classShareBaseline(Uint8Array.of(0, 0, 2), 2)]).toEqual([3 / 6, 1 / 6, 2 / 6, 3 / 6, 1 / 6, 2 / 6]);
    expect([...classShareBaseline(new Uint8Array(), 1)]).toEqual([1 / 3, 1 / 3, 1 / 3]);
  });

  it('persistence quotes what followed the last class', () => {
    const training = Uint8Array.of(0, 0, 1, 0, 2, 2);
    expect([...persistenceBaseline(training, Uint8Array.of(0, 1))]).toEqual([2 / 6, 2 / 6, 2 / 6, 2 / 4, 1 / 4, 1 / 4]);
    const twoBefore = [undefined, undefined, 0, 0, 1, 0];
    expect([...persistenceBaseline(training, Uint8Array.of(0, 1), twoBefore)]).toEqual([
      2 / 6,
      2 / 6,
      2 / 6,
      1 / 4,
      1 / 4,
      2 / 4,
    ]);
    expect(() => persistenceBaseline(training, Uint8Array.of(3))).toThrow(
      expect.objectContaining({ code: 'evaluation.unknown_class' }),
    );
  });

  it('rows add up to 1', () => {
    const labels = fc.array(fc.nat(2), { maxLength: 60 });
    fc.assert(
      fc.property(labels, labels, (training, last) => {
        const p = persistenceBaseline(Uint8Array.from(training), Uint8Array.from(last));
        for (let row = 0; row < last.length; row++) expect(p[row * 3]! + p[row * 3 + 1]! + p[row * 3 + 2]!).toBeCloseTo(1, 12);
      }),
    );
  });
});

describe('intervals', () => {
  it('hold the mean and grow with confidence', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 20, maxLength: 60 }),
        fc.integer(),
        (values, seed) => {
          const at = (confidence: number) =>
            stationaryBootstrapInterval(Float64Array.from(values), { confidence, resamples: 200, rng: createRng(seed) });
          const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
          const [wide, narrow] = [at(0.98), at(0.5)];
          expect(wide[0]).toBeLessThanOrEqual(narrow[0]);
          expect(wide[1]).toBeGreaterThanOrEqual(narrow[1]);
          expect(wide[0] - 1e-9).toBeLessThanOrEqual(mean + 1);
        },
      ),
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

/** The true class shares, tilted by a slow signal that has nothing to do with the outcome. */
function drifting(days: number, tilt: number, seed: number) {
  const rng = createRng(seed, 99);
  const shares = [0.31, 0.28, 0.41] as const;
  const p = new Float64Array(days * 3);
  const b = Float64Array.from({ length: days * 3 }, (_, i) => shares[i % 3]!);
  const y = new Uint8Array(days);
  let signal = normal(rng);
  for (let i = 0; i < days; i++) {
    signal = 0.95 * signal + Math.sqrt(1 - 0.95 ** 2) * normal(rng);
    const u = rng();
    y[i] = u < shares[0] ? 0 : u < shares[0] + shares[1] ? 1 : 2;
    const raw = [shares[0] * Math.exp(tilt * signal), shares[1] * Math.exp(-tilt * signal), shares[2]];
    const total = raw.reduce((sum, x) => sum + x, 0);
    p.set(
      raw.map((x) => x / total),
      i * 3,
    );
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

  it('keeps to 5 % where it is hardest: predictions without knowledge that barely leave the baseline and change slowly', () => {
    let found = 0;
    const worlds = 300;
    for (let world = 0; world < worlds; world++)
      if (assessSkill(drifting(120, 0.05, world), createRng(world)).verdict === 'found') found++;
    expect(found).toBeLessThanOrEqual(24);
  });

  it('finds skill that is there', () => {
    let found = 0;
    for (let world = 0; world < 20; world++)
      if (assessSkill(scored(250, 0.5, 0.6, world), createRng(world)).verdict === 'found') found++;
    expect(found).toBeGreaterThanOrEqual(18);
  });

  it('the gain is the difference of the log losses, and the words carry the figures', () => {
    const days = scored(250, 0.5, 0.6, 3);
    const { meanGain, text, interval, rows } = assessSkill(days, createRng(1));
    const [ours, plain] = [logLoss(days.probabilities, days.labels), logLoss(days.baseline, days.labels)];
    expect(meanGain).toBeCloseTo(plain - ours, 12);
    expect(interval![0]).toBeLessThan(meanGain!);
    expect(interval![1]).toBeGreaterThan(meanGain!);
    expect(rows).toBe(250);
    for (const figure of ['found', '250 days', ours.toFixed(4), plain.toFixed(4)]) expect(text).toContain(figure);
  });

  it('says plainly that a worse model has none', () => {
    const { verdict, text } = assessSkill(scored(120, 0, 1, 1), createRng(1));
    expect(verdict).toBe('none');
    expect(text).toContain('There is no gain');
  });

  it('refuses other shapes and unknown probabilities', () => {
    const days = scored(40, 0, 0.1, 1);
    const refused = (change: Partial<typeof days>) => () => assessSkill({ ...days, ...change }, createRng(1));
    expect(refused({ baseline: new Float64Array(3) })).toThrow(expect.objectContaining({ code: 'evaluation.shapes_differ' }));
    expect(refused({ probabilities: new Float64Array(120).fill(Number.NaN) })).toThrow(
      expect.objectContaining({ code: 'evaluation.not_finite' }),
    );
  });

  it('says unknown of a few days, and says so in words', () => {
    const verdict = assessSkill(scored(20, 0.9, 1, 1), createRng(1));
    expect(verdict.verdict).toBe('unknown');
    expect(verdict.text).toContain('Only 20 days');
  });

  it('says unknown where all days ended alike, however surely that was said', () => {
    const days = scored(120, 0, 0.1, 1);
    const sure = { ...days, probabilities: days.probabilities.map((_, at) => (at % 3 === 2 ? 0.98 : 0.01)) };
    const verdict = assessSkill({ ...sure, labels: new Uint8Array(120).fill(2) }, createRng(1));
    expect(verdict).toMatchObject({ verdict: 'unknown', interval: null, rows: 120 });
    expect(verdict.meanGain).toBeGreaterThan(0);
    expect(verdict.text).toContain('All 120 scored days ended alike');
  });
});
