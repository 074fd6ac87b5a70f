export { exportOnnx } from './export-onnx.ts';
export { importEnsemble } from './import-ensemble.ts';
export { readLightGbm } from './read-lightgbm.ts';
