export { type Contributions, type Explainable, explainRow } from './explain-row.ts';
export { type PermutationImportance, type Predict, permutationImportance } from './permutation-importance.ts';
