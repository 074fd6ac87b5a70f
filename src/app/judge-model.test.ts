import { describe, expect, it } from 'vitest';
import { createRng, DAY_MS } from '../domain/index.ts';
import type { TrainingSet } from '../model/index.ts';
import { against, againstPersistence, againstServed, conformalCoverage, type JudgedRows, tradingValue } from './judge-model.ts';

const DAYS = 90;
const LATE_MS = DAY_MS + 300_000;

/** Classes that come round, 0 1 2 0 1 2; each is known a day and five minutes after its decision. */
const timeMs = Float64Array.from({ length: DAYS }, (_, day) => day * DAY_MS);
const set: TrainingSet = {
  names: ['a'],
  timeMs,
  matrix: { data: new Float64Array(DAYS), rows: DAYS, columns: 1, names: ['a'] },
  label: Uint8Array.from({ length: DAYS }, (_, day) => day % 3),
  labelKnownMs: timeMs.map((ms) => ms + LATE_MS),
};
/** The last thirty days, of which the model says the same each day. */
const rows = Array.from({ length: 30 }, (_, i) => 60 + i);
const judged: JudgedRows = {
  rows,
  probabilities: Float64Array.from(rows.flatMap(() => [0.5, 0.25, 0.25])),
  labels: Uint8Array.from(rows, (row) => set.label[row]!),
};
const even = Float64Array.from(rows.flatMap(() => [1 / 3, 1 / 3, 1 / 3]));
const ownLoss = -(Math.log(0.5) + 2 * Math.log(0.25)) / 3;

describe('judging a model', () => {
  it('compares with class shares by log loss, with the Diebold-Mariano statistic', () => {
    const { days, logLoss, accuracy, gain, dieboldMariano } = against(judged, even, createRng(1));
    expect({ days, logLoss, accuracy }).toEqual({ days: 30, logLoss: expect.closeTo(Math.log(3), 12), accuracy: 1 / 3 });
    expect(gain.mean).toBeCloseTo(Math.log(3) - ownLoss, 12);
    expect(gain.low < gain.mean && gain.mean < gain.high).toBe(true);
    expect(dieboldMariano).toBeLessThan(0);
  });

  it('lets persistence know no class before it is known: that of two days before, and what came with it', () => {
    const compared = againstPersistence(judged, set, 0, 60 * DAY_MS, createRng(1))!;
    // 59 known days; the first two have no class before them. Each of the other 57 had one certain successor, 19 a class.
    expect(compared.logLoss).toBeCloseTo(-Math.log(20 / 22), 12);
    expect(compared.accuracy).toBe(1);
    expect(compared.gain.mean).toBeCloseTo(-Math.log(20 / 22) - ownLoss, 12);
    expect(againstPersistence(judged, set, 0, DAY_MS, createRng(1))).toBeNull();
  });

  it('compares with what was served on the days on which something was', () => {
    const served = [61, 62, 89, 500].map((day) => ({
      decisionTimeMs: day * DAY_MS,
      probabilities: [0.25, 0.5, 0.25] as [number, number, number],
    }));
    const compared = againstServed(judged, set, served, createRng(1))!;
    expect(compared.days).toBe(3);
    expect(compared.logLoss).toBeCloseTo(-(Math.log(0.5) + 2 * Math.log(0.25)) / 3, 12);
    expect(compared.accuracy).toBeCloseTo(1 / 3, 12);
    expect(againstServed(judged, set, [], createRng(1))).toBeNull();
  });

  it('makes prediction sets of the outcomes known by each day: all classes until there are enough', () => {
    const { nominal, coverage, meanClasses } = conformalCoverage(judged, set);
    expect([nominal, coverage]).toEqual([0.9, 1]);
    expect(meanClasses).toBe(3);
    const told = {
      ...judged,
      probabilities: Float64Array.from(rows.flatMap((row) => [0, 1, 2].map((k) => (k === row % 3 ? 0.8 : 0.1)))),
    };
    // After eight hits 88.4 % are asked for, which takes eight scores: of days 60 to 67, the last known on day 69, the tenth.
    expect(conformalCoverage(told, set)).toEqual({
      nominal: 0.9,
      coverage: 1,
      meanClasses: expect.closeTo((9 * 3 + 21) / 30, 12),
    });
    const sooner = { ...set, labelKnownMs: timeMs.map((ms) => ms + DAY_MS) };
    expect(conformalCoverage(told, sooner).meanClasses).toBeCloseTo((8 * 3 + 22) / 30, 12);
  });

  it('follows BUY from the threshold on, and pays for each change', () => {
    const forwardReturn = Float64Array.from({ length: DAYS }, (_, day) => (day % 3 === 0 ? 0.03 : 0));
    const value = (confidenceThreshold: number) =>
      tradingValue(judged, forwardReturn, { confidenceThreshold, costOfChange: 0.001 }, createRng(1));
    expect(value(0.5)).toMatchObject({ buySignals: 30, costOfChange: 0.001 });
    expect(value(0.5).netReturnPerDay.mean).toBeCloseTo((10 * 0.03 - 0.001) / 30, 12);
    expect(value(0.51)).toMatchObject({ buySignals: 0, netReturnPerDay: { mean: 0, low: 0, high: 0 } });
  });
});
