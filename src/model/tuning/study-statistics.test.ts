import { describe, expect, it } from 'vitest';
import { createRng, normal } from '../../domain/index.ts';
import { overfittingProbability } from './overfitting-probability.ts';
import { parameterImportance } from './parameter-importance.ts';
import { parseSearchSpace } from './search-space.ts';
import type { Trial } from './trial.ts';

const trial = (
  number: number,
  params: Trial['params'],
  excesses: readonly number[],
  state: Trial['state'] = 'finished',
): Trial => ({
  trial: number,
  batch: number,
  batchTrials: 1,
  params,
  folds: excesses.map((excess, fold) => ({ fold, loss: 1 + excess, baseline: 1, rows: 10 })),
  excess: excesses.reduce((sum, value) => sum + value, 0) / excesses.length,
  state,
});

describe('overfittingProbability', () => {
  it('is 0 where one trial is best in every fold, and 1 where what is best in one half is worst in the other', () => {
    const steady = Array.from({ length: 6 }, (_, i) => trial(i, {}, new Array<number>(8).fill(i)));
    expect(overfittingProbability(steady)).toBe(0);
    const seesaw = [trial(0, {}, [-1, -1, 1, 1]), trial(1, {}, [1, 1, -1, -1])];
    expect(overfittingProbability(seesaw)).toBeCloseTo((2 + 4 * 0.5) / 6, 12);
  });

  it('is about a half in noise, and low where trials truly differ', () => {
    const rng = createRng(1);
    const search = (difference: number) =>
      Array.from({ length: 12 }, (_, i) =>
        trial(
          i,
          {},
          Array.from({ length: 8 }, () => difference * i + normal(rng)),
        ),
      );
    const mean = (difference: number) =>
      Array.from({ length: 40 }, () => overfittingProbability(search(difference)) ?? Number.NaN).reduce((a, b) => a + b, 0) / 40;
    expect(mean(0)).toBeGreaterThan(0.4);
    expect(mean(0)).toBeLessThan(0.7);
    expect(mean(0.6)).toBeLessThan(0.1);
  });

  it('counts only trials that saw every fold, and says nothing of fewer than two', () => {
    expect(overfittingProbability([trial(0, {}, [0, 0, 0, 0]), trial(1, {}, [0, 0], 'stopped')])).toBeNull();
    expect(overfittingProbability([trial(0, {}, [0, 0]), trial(1, {}, [0, 1])])).toBeNull();
  });
});

describe('parameterImportance', () => {
  const space = parseSearchSpace(
    {
      learner: 'random-forest',
      parameters: { strong: { low: 0, high: 1 }, weak: { low: 0, high: 1 }, way: { choices: ['a', 'b'] } },
    },
    'test',
  );
  const trials = (count: number) => {
    const rng = createRng(4);
    return Array.from({ length: count }, (_, i) => {
      const params = { strong: rng(), weak: rng(), way: rng() < 0.5 ? 'a' : 'b' };
      return trial(i, params, [(params.strong - 0.3) ** 2 + (params.way === 'a' ? 0.02 : 0) + 0.002 * normal(rng)]);
    });
  };

  it('ranks parameters by what they decide, in shares', () => {
    const importance = parameterImportance(space, trials(120))!;
    expect(importance.strong).toBeGreaterThan(2 * importance.weak!);
    expect(importance.way).toBeGreaterThan(importance.weak!);
    expect(Object.values(importance).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
  });

  it('says nothing of few trials', () => {
    expect(parameterImportance(space, trials(19))).toBeNull();
  });
});
