import type { Matrix, Rng } from '../domain/index.ts';
import { CATALOGUE } from '../features/index.ts';
import { type EnsembleModel, type PermutationImportance, permutationImportance } from '../model/index.ts';
import type { JudgedRows } from './judge-model.ts';

/** What a feature, or a family of them, is worth to a model: nats a day that the log loss rises by without it. */
export interface Worth {
  readonly name: string;
  readonly rise: number;
  /** 90 % interval; where it includes 0 the model may do without. */
  readonly interval: readonly [low: number, high: number];
}

/** By family, whose features are shuffled together, and by feature; highest first. */
export function modelImportance(model: EnsembleModel, matrix: Matrix, { rows, labels }: JudgedRows, rng: Rng) {
  const { columns, names = [] } = matrix;
  const X: Matrix = {
    data: Float64Array.from(rows.flatMap((row) => [...matrix.data.subarray(row * columns, (row + 1) * columns)])),
    rows: rows.length,
    columns,
    names,
  };
  const families = new Map<string, number[]>();
  const familyOf = new Map(CATALOGUE.map(({ name, family }) => [name, family]));
  const used = model.featureNames.map((name) => names.indexOf(name));
  for (const column of used) {
    const family = familyOf.get(names[column]!) ?? 'other';
    families.set(family, [...(families.get(family) ?? []), column]);
  }
  const worth = (groups: readonly (readonly number[])[], nameOf: (group: PermutationImportance) => string): Worth[] =>
    permutationImportance((rowsOf) => model.predictProba(rowsOf), X, labels, groups, rng).map((group) => ({
      name: nameOf(group),
      rise: group.rise,
      interval: group.interval,
    }));
  const byFirst = new Map([...families].map(([family, group]) => [group[0]!, family]));
  return {
    families: worth([...families.values()], ({ columns: group }) => byFirst.get(group[0]!)!),
    features: worth(
      used.map((column) => [column]),
      ({ columns: [column] }) => names[column!]!,
    ),
  };
}
