import type { Matrix } from '../../domain/index.ts';
import { carry, secants } from '../explanation/secants.ts';
import { type Artifact, fact, floats } from '../persistence/artifact.ts';
import type { BoostedTrees } from '../trees/fit-boosting.ts';
import { softmaxOf, softmaxRows } from '../trees/softmax.ts';
import { TreeContributions } from '../trees/tree-contributions.ts';
import { checkTreeSet, type TreeSet } from '../trees/tree-set.ts';
import { TreeSums } from '../trees/tree-sums.ts';
import { FittedModel } from './fitted-model.ts';
import { readTrees, treeArrays } from './tree-arrays.ts';

/** Fitted gradient boosting: the softmax of start scores plus the leaves a row reaches, tree `i` speaking for class `i mod classes`. */
export class FittedBoosting extends FittedModel {
  readonly #start: Float64Array;
  readonly #trees: TreeSet;
  readonly #sums: TreeSums;
  readonly #importance: Float64Array;

  constructor(classes: number, columns: number, { start, trees, importance }: BoostedTrees) {
    super(classes, columns);
    this.#start = start;
    this.#trees = checkTreeSet(trees, columns, 1);
    this.#sums = new TreeSums(trees, 1, classes);
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

  override contributions(from: Float64Array, to: Float64Array): Float64Array {
    const { classes, columns } = this;
    const moved = new Float64Array(columns * classes);
    const trees = new TreeContributions(this.#trees, columns);
    this.#trees.roots.forEach((root, tree) => {
      trees.add(root, from, to, moved, classes, tree % classes, 1);
    });
    return carry(
      moved,
      secants((z) => softmaxOf(z), this.#scoresOf(from), this.#scoresOf(to)),
      classes,
    );
  }

  #scoresOf(row: Float64Array): Float64Array {
    const scores = new Float64Array(this.classes);
    this.#scoresInto({ data: row, rows: 1, columns: this.columns }, scores);
    return scores;
  }

  protected override predictInto(X: Matrix, into: Float64Array): void {
    this.#scoresInto(X, into);
    softmaxRows(into, this.classes, into);
  }

  #scoresInto(X: Matrix, into: Float64Array): void {
    const { classes } = this;
    for (let at = 0, k = 0; at < into.length; at++) {
      into[at] = this.#start[k]!;
      k = k + 1 === classes ? 0 : k + 1;
    }
    this.#sums.addTo(X, into);
  }

  protected override rawImportance(): Float64Array {
    return this.#importance.slice();
  }

  override toArtifact(): Artifact {
    return {
      kind: 'boosting',
      facts: { classes: this.classes, columns: this.columns },
      arrays: { start: this.#start, ...treeArrays(this.#trees), importance: this.#importance },
    };
  }
}
