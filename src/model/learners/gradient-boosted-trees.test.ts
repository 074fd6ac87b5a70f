import { GradientBoostedTrees } from './gradient-boosted-trees.ts';
import { describeLearner } from './learner.contract.ts';

describeLearner(
  'GradientBoostedTrees',
  (threads) => new GradientBoostedTrees({ rounds: 15, maxLeaves: 7, minLeafSamples: 5, threads }),
);
