import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deflatedSharpe, performanceMetrics } from '../backtest/index.ts';
import { createRng, DAY_MS } from '../domain/index.ts';
import { parseSearchSpace, StudyFile, type Trial, trialSharpe, trialSharpeVariance } from '../model/index.ts';
import { PATHS } from './app-parts.ts';
import { searchedTrials } from './searched-trials.ts';

const space = parseSearchSpace({ learner: 'extra-trees', parameters: { x: { low: 0, high: 1 } } }, 'test');
const head = { study: 1, space, untilMs: 5, seed: 3, folds: 2, batchSize: 20, data: 'd' } as const;

/** Trial `i` of two folds of 50 days, whose daily returns have the mean i / 1000 and a deviation of 0.01. */
const trial = (i: number, measured = true): Trial => ({
  ...{ trial: i, batch: Math.floor(i / 20), batchTrials: 20, params: { x: 0.5 }, excess: i, state: 'finished' },
  folds: [0, 1].map((fold) => ({
    ...{ fold, loss: 1, baseline: 1, rows: 50 },
    ...(measured && { returns: { mean: i / 1_000, meanSquare: (i / 1_000) ** 2 + 1e-4 } }),
  })),
});
const trials = (count: number, measured?: boolean) => Array.from({ length: count }, (_, i) => trial(i, measured));

let dataDir = '';
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'ets-searched-'));
});
afterEach(() => rm(dataDir, { recursive: true }));

const study = async (name: string, own: readonly Trial[]) =>
  (await StudyFile.open(join(dataDir, PATHS.studies, `${name}.ndjson`), head)).append(own);

describe('what was tried before a strategy was chosen', () => {
  it('is one where nothing was searched', async () => {
    expect(await searchedTrials({ dataDir })).toEqual({ trials: 1 });
  });

  it('is every trial of every study, with the variance of their Sharpe ratios where that was measured', async () => {
    await study('one', trials(20));
    await study('old', trials(20, false));
    await study('begun', trials(3, false));
    const variance = (0.1 ** 2 * (20 ** 2 - 1)) / 12 / (19 / 20);
    expect(await searchedTrials({ dataDir })).toEqual({ trials: 43, trialVariance: expect.closeTo(variance, 9) });
  });

  it('refuses a damaged study rather than counting less', async () => {
    await study('one', trials(20));
    await study('broken', [{ ...trial(7) }]);
    await expect(searchedTrials({ dataDir })).rejects.toMatchObject({ code: 'tuning.study_damaged' });
  });

  it('deflates the Sharpe ratio of a run', async () => {
    await study('one', trials(20));
    const searched = await searchedTrials({ dataDir });
    const rng = createRng(1);
    let equity = 10_000;
    const equityUsd = Float64Array.from({ length: 200 }, () => {
      equity *= 1 + 0.002 + 0.02 * (rng() - 0.5);
      return equity;
    });
    const curve = { timeMs: Float64Array.from(equityUsd, (_, day) => day * DAY_MS), equityUsd };
    const plain = performanceMetrics({ ...curve, rng: createRng(2) });
    const deflated = performanceMetrics({ ...curve, ...searched, rng: createRng(2) });
    const returns = Float64Array.from(equityUsd.subarray(1), (usd, i) => usd / equityUsd[i]! - 1);
    expect(deflated.searchedTrials).toBe(20);
    expect(deflated.deflatedSharpe).toBeCloseTo(deflatedSharpe(returns, 20, searched.trialVariance)!, 9);
    expect(deflated.deflatedSharpe!).toBeLessThan(plain.deflatedSharpe! - 0.1);
    expect({ ...deflated, deflatedSharpe: 0, searchedTrials: 0 }).toEqual({ ...plain, deflatedSharpe: 0, searchedTrials: 0 });
  });
});

describe('the Sharpe ratio of a trial', () => {
  it('is of the days of all folds together, 0 without trades, and unknown where nothing was measured', () => {
    expect(trialSharpe(trial(5))).toBeCloseTo(0.5, 9);
    const [first, second] = trial(0).folds;
    const uneven = {
      ...trial(0),
      folds: [
        { ...first!, rows: 10, returns: { mean: 0.02, meanSquare: 0.0005 } },
        { ...second!, rows: 30, returns: { mean: 0, meanSquare: 0.0001 } },
      ],
    };
    expect(trialSharpe(uneven)).toBeCloseTo(0.005 / Math.sqrt(0.0002 - 0.005 ** 2), 9);
    expect(trialSharpe({ ...trial(0), folds: [{ ...first!, returns: { mean: 0, meanSquare: 0 } }] })).toBe(0);
    expect(trialSharpe(trial(1, false))).toBeNull();
    expect(trialSharpeVariance(trials(9))).toBeNull();
  });
});
