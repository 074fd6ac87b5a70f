import type { MonotoneDirection } from '../trees/monotone.ts';
import { GradientBoostedTrees } from './gradient-boosted-trees.ts';
import { describeLearner } from './learner.contract.ts';

const settings = { rounds: 15, maxLeaves: 7, minLeafSamples: 5 };

describeLearner('GradientBoostedTrees', (threads) => new GradientBoostedTrees({ ...settings, threads }));

describeLearner('GradientBoostedTrees with monotone constraints', (threads) => ({
  fit(X, y, options) {
    const first = (direction: MonotoneDirection) => Array.from({ length: X.columns }, (_, i) => (i === 0 ? direction : 0));
    return new GradientBoostedTrees({ ...settings, threads, monotone: { 0: first(1), 1: first(-1) } }).fit(X, y, options);
  },
}));
