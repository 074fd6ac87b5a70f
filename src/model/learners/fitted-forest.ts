import { InvariantError, type Matrix } from '../../domain/index.ts';
import { type Artifact, fact, floats } from '../persistence/artifact.ts';
import type { GrownForest } from '../trees/fit-forest.ts';
import { TreeContributions } from '../trees/tree-contributions.ts';
import { checkTreeSet, joinTreeSets, type TreeSet } from '../trees/tree-set.ts';
import { TreeSums } from '../trees/tree-sums.ts';
import { FittedModel } from './fitted-model.ts';
import { readTrees, treeArrays } from './tree-arrays.ts';

/** A fitted forest: the mean of the class shares of the leaves a row reaches. */
export class FittedForest extends FittedModel {
  readonly #trees: TreeSet;
  readonly #sums: TreeSums;
  readonly #importance: Float64Array;

  constructor(classes: number, columns: number, { trees, importance }: GrownForest) {
    super(classes, columns);
    this.#trees = trees;
    this.#sums = new TreeSums(trees, classes, classes);
    this.#importance = importance;
  }

  static fromArtifact(artifact: Artifact): FittedForest {
    const [classes, columns] = [fact(artifact, 'classes'), fact(artifact, 'columns')];
    const trees = checkTreeSet(readTrees(artifact), columns, classes);
    return new FittedForest(classes, columns, { trees, importance: floats(artifact, 'importance') });
  }

  /** One forest of the trees of several, in order. */
  static join(parts: readonly FittedForest[]): FittedForest {
    const [first] = parts;
    if (first === undefined) throw new InvariantError('learner.no_parts', 'a forest needs at least one part');
    const importance = new Float64Array(first.columns);
    for (const part of parts)
      for (let column = 0; column < importance.length; column++) importance[column]! += part.#importance[column]!;
    return new FittedForest(first.classes, first.columns, { trees: joinTreeSets(parts.map((part) => part.#trees)), importance });
  }

  override contributions(from: Float64Array, to: Float64Array): Float64Array {
    const { classes, columns } = this;
    const { roots } = this.#trees;
    const moved = new Float64Array(columns * classes);
    const trees = new TreeContributions(this.#trees, columns);
    for (const root of roots) trees.add(root, from, to, moved, classes, 0, classes);
    return moved.map((value) => value / roots.length);
  }

  protected override predictInto(X: Matrix, into: Float64Array): void {
    const { classes } = this;
    this.#sums.addTo(X, into);
    for (let row = 0; row < X.rows; row++) {
      const to = row * classes;
      let sum = 0;
      for (let k = 0; k < classes; k++) sum += into[to + k]!;
      for (let k = 0; k < classes; k++) into[to + k]! /= sum;
    }
  }

  protected override rawImportance(): Float64Array {
    return this.#importance.slice();
  }

  override toArtifact(): Artifact {
    return {
      kind: 'forest',
      facts: { classes: this.classes, columns: this.columns },
      arrays: { ...treeArrays(this.#trees), importance: this.#importance },
    };
  }
}
