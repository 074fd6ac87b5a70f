export { type ComparedDay, compareForDeployment, FIRST_MODEL, type GatePolicy, type GateVerdict } from './deployment-gate.ts';
export { type Procedure, procedureHash } from './ensemble-builder.ts';
export { artifactSha256, EnsembleModel } from './ensemble-model.ts';
export * from './evaluation/index.ts';
export * from './learners/index.ts';
export { classShares, ModelTrainer, type WalkForwardPrediction } from './model-trainer.ts';
export { type LoggedPrediction, type ModelManifest, ModelRegistry, PredictionLog, type StoredModel } from './registry/index.ts';
export { type TrainingSet, trainableRows, UNKNOWN_LABEL } from './training-set.ts';
export { MemoryWalkForwardCache, type WalkForwardCache } from './walk-forward-cache.ts';
