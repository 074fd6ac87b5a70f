export { ChallengerFile, type ChallengerTrial } from './challenger-file.ts';
export type { ModelManifest } from './manifest.ts';
export { ModelRegistry, type StoredModel } from './model-registry.ts';
export { type LoggedPrediction, PredictionLog } from './prediction-log.ts';
export type { KnownVerdicts } from './verdict-log.ts';
