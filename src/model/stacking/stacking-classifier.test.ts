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
