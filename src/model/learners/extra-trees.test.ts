import { ExtraTrees } from './extra-trees.ts';
import { describeLearner } from './learner.contract.ts';

describeLearner('ExtraTrees', (threads) => new ExtraTrees({ trees: 25, minLeafSamples: 1, threads }), { weightsRepeat: 9 });
