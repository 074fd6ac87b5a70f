import type { Matrix } from '../../domain/index.ts';
import { type Artifact, fact, floats } from '../persistence/artifact.ts';
import type { BoostedTrees } from '../trees/fit-boosting.ts';
import { softmaxRows } from '../trees/softmax.ts';
import { checkTreeSet, leafOf, type TreeSet } from '../trees/tree-set.ts';
import { FittedModel } from './fitted-model.ts';
import { readTrees, treeArrays } from './tree-arrays.ts';

/** Fitted gradient boosting: the softmax of start scores plus the leaves a row reaches, tree `i` speaking for class `i mod classes`. */
export class FittedBoosting extends FittedModel {
  readonly #start: Float64Array;
  readonly #trees: TreeSet;
  readonly #importance: Float64Array;

  constructor(classes: number, columns: number, { start, trees, importance }: BoostedTrees) {
    super(classes, columns);
    this.#start = start;
    this.#trees = checkTreeSet(trees, columns, 1);
    this.#importance = importance;
  }

  static fromArtifact(artifact: Artifact): FittedBoosting {
    return new FittedBoosting(fact(artifact, 'classes'), fact(artifact, 'columns'), {
      start: floats(artifact, 'start'),
      trees: readTrees(artifact),
      importance: floats(artifact, 'importance'),
    });
  }

  /** Rounds that were kept. */
  get rounds(): number {
    return this.#trees.roots.length / this.classes;
  }

  protected override predictInto(X: Matrix, into: Float64Array): void {
    const { roots, values } = this.#trees;
    const { classes } = this;
    for (let row = 0; row < X.rows; row++) {
      const from = row * X.columns;
      const to = row * classes;
      for (let k = 0; k < classes; k++) into[to + k] = this.#start[k]!;
      for (let tree = 0, k = 0; tree < roots.length; tree++) {
        into[to + k]! += values[leafOf(this.#trees, roots[tree]!, X.data, from)]!;
        k = k + 1 === classes ? 0 : k + 1;
      }
    }
    softmaxRows(into, classes, into);
  }

  protected override rawImportance(): Float64Array {
    return this.#importance.slice();
  }

  protected override toArtifact(): Artifact {
    return {
      kind: 'boosting',
      facts: { classes: this.classes, columns: this.columns },
      arrays: { start: this.#start, ...treeArrays(this.#trees), importance: this.#importance },
    };
  }
}
