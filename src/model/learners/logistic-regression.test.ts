import { describeLearner } from './learner.contract.ts';
import { LogisticRegression } from './logistic-regression.ts';

describeLearner('LogisticRegression', () => new LogisticRegression({ l2: 1 }), { weightsRepeat: 4 });
