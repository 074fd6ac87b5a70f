export { bestTrial, HyperparameterTuner, type Objective, type OnAnswer, type StudyResult } from './hyperparameter-tuner.ts';
export { learnerOfParameters } from './learner-of-parameters.ts';
export { overfittingProbability } from './overfitting-probability.ts';
export { parameterImportance } from './parameter-importance.ts';
export { type ParameterValues, parseSearchSpace, type SearchSpace, TUNED_LEARNERS, type TunedLearner } from './search-space.ts';
export { MemoryTrialLog, type StudyHead, type Trial, type TrialLog, type TrialTask } from './trial.ts';
export { trialSharpe, trialSharpeVariance } from './trial-sharpe.ts';
export { WalkForwardObjective } from './walk-forward-objective.ts';
