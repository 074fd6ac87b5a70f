export { type FeatureImportance, permutationImportance } from './permutation-importance.ts';
export { type Contributions, type Predict, type ShapleyOptions, shapleyContributions } from './shapley-contributions.ts';
