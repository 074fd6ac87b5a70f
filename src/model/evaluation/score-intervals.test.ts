import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRng } from '../../domain/index.ts';
import { comparePredictions, meanWithInterval } from './compare-predictions.ts';
import { dieboldMariano, stationaryBootstrapInterval } from './mean-interval.ts';
import { allScores, scoreIntervals } from './score-intervals.ts';
import { accuracy, logLoss } from './scores.ts';
import { signalReturns } from './signal-returns.ts';
import { CLASS_PRECEDENCE, topClass } from './top-class.ts';

/** Rows drawn from what is said of them. */
function drawn(rows: number, seed: number) {
  const rng = createRng(seed);
  const probabilities = new Float64Array(rows * 3);
  const labels = Uint8Array.from({ length: rows }, (_, row) => {
    const raw = [rng() + 0.1, rng() + 0.1, rng() + 0.1];
    const total = raw.reduce((sum, value) => sum + value, 0);
    probabilities.set(
      raw.map((value) => value / total),
      row * 3,
    );
    const at = rng() * total;
    return at < raw[0]! ? 0 : at < raw[0]! + raw[1]! ? 1 : 2;
  });
  return { probabilities, labels };
}
const settings = (seed: number, resamples = 200) => ({ confidence: 0.9, resamples, rng: createRng(seed) });

describe('scoreIntervals', () => {
  it('is of a mean what the bootstrap of the mean is', () => {
    const { probabilities, labels } = drawn(120, 1);
    const { logLoss: interval } = scoreIntervals(probabilities, labels, settings(5));
    const losses = Float64Array.from(labels, (label, row) => -Math.log(probabilities[row * 3 + label]!));
    const [low, high] = stationaryBootstrapInterval(losses, settings(5));
    expect(interval.mean).toBe(logLoss(probabilities, labels));
    expect(interval.low).toBeCloseTo(low, 12);
    expect(interval.high).toBeCloseTo(high, 12);
  });

  it('gives every score, and each lies in its interval but for the calibration error, to which chance adds', () => {
    const { probabilities, labels } = drawn(300, 2);
    const { perClass, ...whole } = scoreIntervals(probabilities, labels, settings(1));
    expect(Object.keys(whole).sort()).toEqual(['accuracy', 'balancedAccuracy', 'brier', 'ece', 'logLoss', 'mcc']);
    const intervals = [...Object.values(whole), ...perClass.flatMap(({ precision, recall }) => [precision!, recall!])];
    for (const { mean, low, high } of intervals) {
      expect(high).toBeGreaterThan(low);
      if (mean !== whole.ece.mean) expect(mean >= low && mean <= high).toBe(true);
    }
    expect(whole.ece.high).toBeGreaterThan(whole.ece.mean);
  });

  it('holds the truth as often as it says', () => {
    const far = drawn(20_000, 77);
    const truth = allScores(far.probabilities, far.labels);
    let [balanced, correlation] = [0, 0];
    const worlds = 120;
    for (let seed = 0; seed < worlds; seed++) {
      const { probabilities, labels } = drawn(120, 1_000 + seed);
      const { balancedAccuracy, mcc } = scoreIntervals(probabilities, labels, settings(seed, 100));
      if (balancedAccuracy.low <= truth.balancedAccuracy && truth.balancedAccuracy <= balancedAccuracy.high) balanced++;
      if (mcc.low <= truth.mcc && truth.mcc <= mcc.high) correlation++;
    }
    for (const held of [balanced, correlation]) expect(Math.abs(held / worlds - 0.9)).toBeLessThan(0.1);
  });

  it('has no interval where there is nothing to divide by', () => {
    const probabilities = Float64Array.from({ length: 30 }, (_, i) => [0.2, 0.5, 0.3][i % 3]!);
    const { perClass, accuracy: hits, mcc } = scoreIntervals(probabilities, new Uint8Array(10).fill(1), settings(1));
    expect(perClass[0]).toEqual({ precision: null, recall: null });
    expect(perClass[1]).toEqual({ precision: { mean: 1, low: 1, high: 1 }, recall: { mean: 1, low: 1, high: 1 } });
    expect(hits).toEqual({ mean: 1, low: 1, high: 1 });
    expect(mcc).toEqual({ mean: 0, low: 0, high: 0 });
  });
});

describe('comparePredictions', () => {
  it('says how much the others are worse, with the statistic of that difference', () => {
    const { probabilities, labels } = drawn(90, 3);
    const others = new Float64Array(270).fill(1 / 3);
    const gains = Float64Array.from(labels, (label, row) => Math.log(probabilities[row * 3 + label]!) - Math.log(1 / 3));
    const compared = comparePredictions(probabilities, others, labels, settings(4));
    expect(compared).toMatchObject({ days: 90, logLoss: logLoss(others, labels), accuracy: accuracy(others, labels) });
    expect(compared.gain.mean).toBeCloseTo(logLoss(others, labels) - logLoss(probabilities, labels), 12);
    expect(compared.gain).toEqual(meanWithInterval(gains, settings(4)));
    expect(compared.dieboldMariano).toBe(dieboldMariano(gains));
    const reversed = comparePredictions(others, probabilities, labels, settings(4));
    expect(reversed.dieboldMariano).toBeCloseTo(-compared.dieboldMariano, 12);
  });
});

describe('equally likely classes', () => {
  it.each([
    [[1 / 3, 1 / 3, 1 / 3], 2],
    [[0.4, 0.2, 0.4], 2],
    [[0.2, 0.4, 0.4], 2],
    [[0.4, 0.4, 0.2], 0],
    [[0.2, 0.5, 0.3], 1],
  ] as const)('of %j the top class is %d, to every score', (row, top) => {
    expect(topClass(row)).toBe(top);
    const probabilities = Float64Array.from([...row, ...row, ...row]);
    const { perClass, accuracy: hits } = allScores(probabilities, Uint8Array.of(0, 1, 2));
    expect(perClass.map(({ recall }) => recall)).toEqual([0, 1, 2].map((label) => (label === top ? 1 : 0)));
    expect(hits).toBeCloseTo(1 / 3, 12);
  });

  it('is the first of the precedence among those that nothing exceeds', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3), { minLength: 3, maxLength: 3 }), (row) => {
        const most = Math.max(...row);
        expect(topClass(row)).toBe(CLASS_PRECEDENCE.find((label) => row[label] === most));
      }),
    );
  });
});

describe('signalReturns', () => {
  it('holds Ether for a sure BUY alone, and pays for each change', () => {
    const day = (probabilities: number[], forwardReturn: number) => ({ probabilities, forwardReturn });
    const { returns, buySignals } = signalReturns(
      [
        day([0.6, 0.2, 0.2], 0.03),
        day([0.5, 0.25, 0.25], -0.02),
        day([0.4, 0.3, 0.3], 0.1),
        day([0.5, 0, 0.5], 0.1),
        day([0.2, 0.6, 0.2], Number.NaN),
      ],
      { confidenceThreshold: 0.45, costOfChange: 0.001 },
    );
    expect(buySignals).toBe(2);
    expect([...returns].map((value) => Number(value.toFixed(9)))).toEqual([0.029, -0.02, -0.001, 0, 0]);
  });
});
