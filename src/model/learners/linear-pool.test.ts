import { describeLearner } from './learner.contract.ts';
import { LinearPool } from './linear-pool.ts';

describeLearner('LinearPool', () => new LinearPool({ priorRows: 5 }), { input: 'probabilities', weightsRepeat: 9 });
