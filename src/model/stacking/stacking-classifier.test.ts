import { describe, expect, it } from 'vitest';
import { createRng } from '../../domain/index.ts';
import { ExtraTrees } from '../learners/extra-trees.ts';
import { GradientBoostedTrees } from '../learners/gradient-boosted-trees.ts';
import { describeLearner } from '../learners/learner.contract.ts';
import { LinearPool } from '../learners/linear-pool.ts';
import { LogisticRegression } from '../learners/logistic-regression.ts';
import { StackingClassifier, type StackingOptions } from './stacking-classifier.ts';

const stack = (options: Partial<StackingOptions>) =>
  new StackingClassifier({
    base: {
      boosting: new GradientBoostedTrees({ rounds: 8, maxLeaves: 5, minLeafSamples: 5 }),
      extraTrees: new ExtraTrees({ trees: 8, minLeafSamples: 3 }),
      linear: new LogisticRegression({ l2: 1 }),
    },
    meta: new LinearPool(),
    folds: 3,
    ...options,
  });

describeLearner('StackingClassifier, forward', (threads) => stack({ scheme: 'forward', purge: 1, threads }), { leastRows: 4 });
describeLearner('StackingClassifier, blocked', (threads) => stack({ scheme: 'blocked', purge: 1, embargo: 1, threads }), {
  leastRows: 6,
});
describeLearner(
  'StackingClassifier with a logistic meta-classifier that sees a feature, and without what does not help',
  (threads) => stack({ meta: new LogisticRegression({ l2: 10 }), passThrough: [0], dropsUnhelpful: true, threads }),
  { leastRows: 4 },
);
describeLearner('StackingClassifier, k-fold', (threads) => stack({ scheme: 'kfold', threads }), { leastRows: 6 });

describeLearner('StackingClassifier, shuffled k-fold', (threads) => stack({ scheme: 'kfold', shuffle: true, threads }), {
  leastRows: 6,
});

describe('weights of the meta-classifier', () => {
  const rng = createRng(4);
  const X = { data: Float64Array.from({ length: 240 }, () => rng()), rows: 60, columns: 4 };
  const y = Uint8Array.from({ length: 60 }, () => Math.floor(rng() * 3));

  it.each([
    ['too few', new Float64Array(59).fill(1)],
    ['negative', new Float64Array(60).fill(1).fill(-1, 3, 4)],
    ['not known', new Float64Array(60).fill(1).fill(Number.NaN, 3, 4)],
    ['all zero', new Float64Array(60)],
  ])('are refused where they are %s', async (_, judgedWeights) => {
    await expect(stack({}).fit(X, y, { judgedWeights })).rejects.toMatchObject({ code: 'learner.bad_weights' });
  });

  it('may be zero where the rows of a fold are', async () => {
    const weights = Float64Array.from({ length: 60 }, (_, row) => (row < 40 ? 0 : 1));
    const probabilities = (await stack({}).fit(X, y, { judgedWeights: weights })).predictProba(X);
    expect(probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(60, 9);
  });
});

describe('seed and shuffle of StackingClassifier', () => {
  const rng = createRng(4);
  const X = { data: Float64Array.from({ length: 240 }, () => rng()), rows: 60, columns: 4 };
  const y = Uint8Array.from({ length: 60 }, () => Math.floor(rng() * 3));
  const bytesOf = async (options: Partial<StackingOptions>) =>
    Buffer.from((await stack({ scheme: 'kfold', ...options }).fit(X, y)).toBytes()).toString('base64');

  it('is what random_state is: another seed deals other folds where they are shuffled, and changes nothing where not', async () => {
    expect(await bytesOf({ seed: 1 })).toBe(await bytesOf({ seed: 2 }));
    expect(await bytesOf({ shuffle: true, seed: 1 })).toBe(await bytesOf({ shuffle: true, seed: 1 }));
    expect(await bytesOf({ shuffle: true, seed: 1 })).not.toBe(await bytesOf({ shuffle: true, seed: 2 }));
  });

  it.each(['forward', 'blocked'] as const)('refuses to shuffle %s folds', (scheme) => {
    expect(() => stack({ scheme, shuffle: true })).toThrow(expect.objectContaining({ code: 'learner.bad_setting' }));
  });
});
