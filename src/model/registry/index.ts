export type { ModelManifest } from './manifest.ts';
export { type CurrentModel, ModelRegistry, type StoredModel } from './model-registry.ts';
export { type LoggedPrediction, PredictionLog } from './prediction-log.ts';
