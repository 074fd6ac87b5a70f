import { createRng, InvariantError, type Rng } from '../../domain/index.ts';
import { BoostingGrower, type TreeLimits } from './boosting-grower.ts';
import { directionsByClass, type MonotoneConstraints } from './monotone.ts';
import { gradientOf, type PackedGradients, packGradients, SHIFT } from './packed-gradients.ts';
import { softmaxGradients, softmaxRows } from './softmax.ts';
import type { TrainingWindow } from './training-window.ts';
import { leafOf, type TreeSet, TreeSetBuilder } from './tree-set.ts';

export interface BoostingGrowth extends TreeLimits {
  readonly rounds: number;
  readonly learningRate: number;
  /** Share of columns each tree may use, and of rows each round is grown on. */
  readonly columnSample: number;
  readonly rowSample: number;
  /** Stops when the log loss of the last `share` of the rows has not fallen for `rounds` rounds, and keeps the best. */
  readonly earlyStopping: { readonly rounds: number; readonly share: number } | null;
  /** How raw scores may follow columns; `null` where they may as they like. */
  readonly monotone: MonotoneConstraints | null;
  readonly seed: number;
}

export interface BoostedTrees {
  /** Log of the class shares: the scores before the first tree. */
  readonly start: Float64Array;
  /** One tree per class and round, classes of a round together. */
  readonly trees: TreeSet;
  /** Total gain per column. */
  readonly importance: Float64Array;
}

/**
 * Gradient boosting with softmax and leaf-wise trees, as LightGBM grows them.
 * @throws ModelError `learner.constraint_mismatch`
 */
export function fitBoosting(growth: BoostingGrowth, window: TrainingWindow): BoostedTrees {
  const { rows, classes, labels, binning } = window;
  if (binning === null) throw new InvariantError('learner.not_binned', 'boosting was asked to grow on values without bins');
  const importance = new Float64Array(window.columns);
  const builder = new TreeSetBuilder();
  const start = startScores(window);
  const directions = directionsByClass(growth.monotone, classes, window.columns);
  if (classes < 2) return { start, trees: builder.finish(), importance };
  const grower = new BoostingGrower(binning, growth, importance);
  const rng = createRng(growth.seed);
  const learnt = growth.earlyStopping === null ? rows : Math.max(1, rows - Math.floor(rows * growth.earlyStopping.share));
  const scores = new Float64Array(rows * classes);
  for (let at = 0; at < scores.length; at++) scores[at] = start[at % classes]!;
  const probabilities = new Float64Array(scores.length);
  const gradients = new Float64Array(learnt);
  const hessians = new Float64Array(learnt);
  const packed: PackedGradients = { packed: new Float64Array(rows), gradientUnit: 1, hessianUnit: 1 };
  const order = new Int32Array(rows);
  const watch = new LossWatch(window, learnt);
  const learntLabels = labels.subarray(0, learnt);
  for (let round = 0; round < growth.rounds; round++) {
    softmaxRows(scores, classes, probabilities);
    const drawn = sampleRows(learnt, growth.rowSample, rng);
    for (let label = 0; label < classes; label++) {
      softmaxGradients(probabilities, learntLabels, window.weights, classes, label, gradients, hessians);
      packGradients(gradients, hessians, packed);
      if (growth.columnSample < 1) grower.useColumns(sampleColumns(window.columns, growth.columnSample, rng));
      grower.useDirections(directions[label]!);
      const used = drawn === null ? learnt : drawn.length;
      for (let i = 0; i < used; i++) order[i] = drawn === null ? i : drawn[i]!;
      const leaves = grower.grow(builder, packed, order, used);
      for (const leaf of leaves) {
        const gradient = gradientOf(leaf.total);
        const hessian = (leaf.total - gradient * SHIFT) * packed.hessianUnit;
        const free =
          hessian + growth.l2 > 0 ? (-growth.learningRate * gradient * packed.gradientUnit) / (hessian + growth.l2) : 0;
        const unit = (growth.learningRate * packed.gradientUnit) / packed.hessianUnit;
        const value = Math.min(leaf.bounds.high * unit, Math.max(leaf.bounds.low * unit, free));
        builder.setLeaf(leaf.node, [value], 1);
        for (let i = leaf.begin; i < leaf.end; i++) scores[order[i]! * classes + label]! += value;
      }
      if (used < rows) addToOthers(builder, window, order.subarray(0, used), label, scores);
    }
    if (growth.earlyStopping !== null && watch.shouldStop(scores, round, growth.earlyStopping.rounds)) break;
  }
  const trees = builder.finish();
  return {
    start,
    trees: growth.earlyStopping === null ? trees : { ...trees, roots: trees.roots.slice(0, watch.bestRounds * classes) },
    importance,
  };
}

/** Log of the weighted class shares; a class that never occurs starts at a share of 1e-6. */
function startScores({ classes, labels, weights }: TrainingWindow): Float64Array {
  const sums = new Float64Array(classes);
  let total = 0;
  for (let row = 0; row < labels.length; row++) {
    const weight = weights === null ? 1 : weights[row]!;
    sums[labels[row]!]! += weight;
    total += weight;
  }
  return sums.map((sum) => Math.log(Math.max(1e-6, total > 0 ? sum / total : 1 / classes)));
}

function sampleRows(rows: number, share: number, rng: Rng): Int32Array | null {
  if (share >= 1) return null;
  const drawn = Int32Array.from({ length: rows }, (_, row) => row).filter(() => rng() < share);
  return drawn.length > 0 ? drawn : Int32Array.of(Math.floor(rng() * rows));
}

function sampleColumns(columns: number, share: number, rng: Rng): Int32Array {
  const all = new Int32Array(columns);
  for (let column = 0; column < columns; column++) all[column] = column;
  const count = Math.max(1, Math.round(columns * share));
  const isDrawn = new Uint8Array(columns);
  for (let i = 0; i < count; i++) {
    const other = i + Math.floor(rng() * (columns - i));
    const column = all[other]!;
    all[other] = all[i]!;
    isDrawn[column] = 1;
  }
  const drawn = new Int32Array(count);
  for (let column = 0, at = 0; column < columns; column++) if (isDrawn[column] === 1) drawn[at++] = column;
  return drawn;
}

/** Adds the newest tree to the scores of rows it was not grown on. */
function addToOthers(
  builder: TreeSetBuilder,
  window: TrainingWindow,
  grown: Int32Array,
  label: number,
  scores: Float64Array,
): void {
  const tree = builder.peek();
  const seen = new Uint8Array(window.rows);
  for (const row of grown) seen[row] = 1;
  const root = tree.roots[tree.roots.length - 1]!;
  for (let row = 0; row < window.rows; row++) {
    if (seen[row] === 0)
      scores[row * window.classes + label]! += tree.values[leafOf(tree, root, window.data, row * window.columns)]!;
  }
}

/** Follows the log loss of the rows kept back. */
class LossWatch {
  bestRounds = 0;
  readonly #window: TrainingWindow;
  readonly #from: number;
  #best = Number.POSITIVE_INFINITY;

  constructor(window: TrainingWindow, from: number) {
    this.#window = window;
    this.#from = from;
  }

  shouldStop(scores: Float64Array, round: number, patience: number): boolean {
    const { classes, labels, rows } = this.#window;
    const late = scores.subarray(this.#from * classes);
    const probabilities = new Float64Array(late.length);
    softmaxRows(late, classes, probabilities);
    let loss = 0;
    for (let row = this.#from; row < rows; row++)
      loss -= Math.log(Math.max(1e-15, probabilities[(row - this.#from) * classes + labels[row]!]!));
    if (loss < this.#best || this.bestRounds === 0) {
      this.#best = loss;
      this.bestRounds = round + 1;
    }
    return round + 1 - this.bestRounds >= patience;
  }
}
