import { describeLearner } from './learner.contract.ts';
import { RandomForest } from './random-forest.ts';

describeLearner('RandomForest', (threads) => new RandomForest({ trees: 25, minLeafSamples: 3, threads }));
