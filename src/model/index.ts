export * from './conformal/index.ts';
export { compareForDeployment, type GatePolicy } from './deployment-gate.ts';
export * from './drift/index.ts';
export { type EnsembleSpecs, ensembleSpecs, type Procedure, procedureHash } from './ensemble-builder.ts';
export { artifactSha256, EnsembleModel } from './ensemble-model.ts';
export * from './evaluation/index.ts';
export * from './explanation/index.ts';
export type { CandidateFacts, GateBounds } from './gate-bounds.ts';
export { type ComparedDay, FIRST_MODEL, type GateVerdict } from './gate-verdict.ts';
export * from './learners/index.ts';
export { classShares, ModelTrainer, type WalkForwardPrediction } from './model-trainer.ts';
export { StudyFile } from './persistence/study-file.ts';
export { removeAbandonedWrites, writeAtomically } from './persistence/write-atomically.ts';
export { loadPlugin, pluginRef } from './plugins/learner-plugin.ts';
export {
  ChallengerFile,
  type ChallengerTrial,
  type KnownVerdicts,
  type LoggedPrediction,
  type ModelManifest,
  ModelRegistry,
  PredictionLog,
  type StoredModel,
} from './registry/index.ts';
export { selectTrainingData } from './select-training-data.ts';
export { dataFingerprint, type TrainingSet, trainableRows, UNKNOWN_LABEL } from './training-set.ts';
export * from './tuning/index.ts';
export { MemoryWalkForwardCache, type WalkForwardCache } from './walk-forward-cache.ts';
