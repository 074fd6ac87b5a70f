import { describe } from 'vitest';
import type { MonotoneDirection } from '../trees/monotone.ts';
import { type BoostingOptions, GradientBoostedTrees } from './gradient-boosted-trees.ts';
import { describeLearner } from './learner.contract.ts';
import { describeRefusedSettings } from './settings.contract.ts';

const settings = { rounds: 15, maxLeaves: 7, minLeafSamples: 5 };

describeLearner('GradientBoostedTrees', (threads) => new GradientBoostedTrees({ ...settings, threads }));

describeLearner('GradientBoostedTrees with monotone constraints', (threads) => ({
  fit(X, y, options) {
    const first = (direction: MonotoneDirection) => Array.from({ length: X.columns }, (_, i) => (i === 0 ? direction : 0));
    return new GradientBoostedTrees({ ...settings, threads, monotone: { 0: first(1), 1: first(-1) } }).fit(X, y, options);
  },
}));

describe('settings of GradientBoostedTrees', () => {
  describeRefusedSettings<BoostingOptions>(
    (options) => new GradientBoostedTrees(options),
    [
      ...[0, -3, 1.5, Number.NaN].map((rounds) => ['rounds', { rounds }] as const),
      ...[0, Number.NaN, Number.POSITIVE_INFINITY].map((learningRate) => ['learningRate', { learningRate }] as const),
      ...[0, Number.NaN].map((maxLeaves) => ['maxLeaves', { maxLeaves }] as const),
      ...[0, -1, 2.5, Number.NaN].map((maxDepth) => ['maxDepth', { maxDepth }] as const),
      ...[0, Number.NaN].map((minLeafSamples) => ['minLeafSamples', { minLeafSamples }] as const),
      ...[-5, Number.NaN, Number.POSITIVE_INFINITY].map((l2) => ['l2', { l2 }] as const),
      ...[-1, Number.NaN].map((minGain) => ['minGain', { minGain }] as const),
      ...[0, 1.5, Number.NaN].map((rowSample) => ['rowSample', { rowSample }] as const),
      ...[0, 7, Number.NaN].map((columnSample) => ['columnSample', { columnSample }] as const),
      ...[0, Number.NaN].map((rounds) => ['earlyStopping.rounds', { earlyStopping: { rounds } }] as const),
      ...[-0.5, 0, 1, Number.NaN].map((share) => ['earlyStopping.share', { earlyStopping: { rounds: 5, share } }] as const),
      ...[-1, 0.5, Number.NaN].map((purge) => ['earlyStopping.purge', { earlyStopping: { rounds: 5, purge } }] as const),
    ],
    [{}, { maxDepth: Number.POSITIVE_INFINITY, l2: 0, minGain: 0, rowSample: 1 }, { earlyStopping: { rounds: 1, purge: 0 } }],
  );
});
