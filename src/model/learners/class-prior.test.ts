import { ClassPrior } from './class-prior.ts';
import { describeLearner } from './learner.contract.ts';

describeLearner('ClassPrior', () => new ClassPrior(), { weightsRepeat: 12, learns: false });
