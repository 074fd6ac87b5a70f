import { describe } from 'vitest';
import type { ForestOptions } from './forest-options.ts';
import { describeLearner } from './learner.contract.ts';
import { RandomForest } from './random-forest.ts';
import { describeRefusedSettings } from './settings.contract.ts';

describeLearner('RandomForest', (threads) => new RandomForest({ trees: 25, minLeafSamples: 3, threads }));

describe('settings of RandomForest', () => {
  describeRefusedSettings<ForestOptions>(
    (options) => new RandomForest(options),
    [
      ...[0, 2.5, Number.NaN].map((trees) => ['trees', { trees }] as const),
      ...[0, -1, Number.NaN].map((maxDepth) => ['maxDepth', { maxDepth }] as const),
      ...[0, Number.NaN].map((minLeafSamples) => ['minLeafSamples', { minLeafSamples }] as const),
      ...[0, -0.5, 7, Number.NaN].map((columnSample) => ['columnSample', { columnSample }] as const),
    ],
    [{}, { maxDepth: Number.POSITIVE_INFINITY, columnSample: 1 }, { maxDepth: 1, minLeafSamples: 1 }],
  );
});
