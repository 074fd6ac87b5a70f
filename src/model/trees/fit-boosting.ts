import { createRng, InvariantError } from '../../domain/index.ts';
import { createGrower, type GrowerMaker } from './create-grower.ts';
import { KeptRounds } from './kept-rounds.ts';
import { directionsByClass, type MonotoneConstraints } from './monotone.ts';
import { gradientOf, type PackedGradients, packGradients, SHIFT } from './packed-gradients.ts';
import { sampleColumns, sampleRows } from './sampling.ts';
import { softmaxGradients, softmaxRows } from './softmax.ts';
import type { TrainingWindow } from './training-window.ts';
import type { GrownLeaf, TreeLimits } from './tree-grower.ts';
import { leafOf, type TreeSet, TreeSetBuilder } from './tree-set.ts';

export interface BoostingGrowth extends TreeLimits {
  readonly rounds: number;
  readonly learningRate: number;
  /** Share of columns each tree may use, and of rows each round is grown on. */
  readonly columnSample: number;
  readonly rowSample: number;
  /**
   * Stops when the log loss of the last `share` of the rows has not fallen for `rounds` rounds, and keeps the best. The
   * `purge` rows before those are left out, as their labels reach into them.
   */
  readonly earlyStopping: { readonly rounds: number; readonly share: number; readonly purge: number } | null;
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
 * @param makeGrower who grows the trees; all grow the same
 * @throws ModelError `learner.constraint_mismatch`
 */
export function fitBoosting(
  growth: BoostingGrowth,
  window: TrainingWindow,
  makeGrower: GrowerMaker = createGrower,
): BoostedTrees {
  const { rows, columns, classes, labels, weights, coarse: binning } = window;
  if (binning === null) throw new InvariantError('learner.not_binned', 'boosting was asked to grow on values without bins');
  const { learnt, late } = splitRows(rows, growth.earlyStopping);
  const start = startScores(classes, labels.subarray(0, learnt), weights);
  const directions = directionsByClass(growth.monotone, classes, columns);
  const builder = new TreeSetBuilder();
  const kept = new KeptRounds(window, late, growth.earlyStopping);
  if (classes < 2) return { start, trees: builder.finish(), importance: kept.importance };
  const grower = makeGrower(binning, growth, directions);
  try {
    const { order, gradients: packed } = grower;
    const rng = createRng(growth.seed);
    const scores = new Float64Array(rows * classes);
    for (let at = 0; at < scores.length; at++) scores[at] = start[at % classes]!;
    const probabilities = new Float64Array(learnt * classes);
    const gradients = new Float64Array(learnt);
    const hessians = new Float64Array(learnt);
    const learntScores = scores.subarray(0, learnt * classes);
    const learntLabels = labels.subarray(0, learnt);
    for (let round = 0; round < growth.rounds; round++) {
      softmaxRows(learntScores, classes, probabilities);
      const drawn = sampleRows(learnt, growth.rowSample, rng);
      for (let label = 0; label < classes; label++) {
        softmaxGradients(probabilities, learntLabels, weights, classes, label, gradients, hessians);
        packGradients(gradients, hessians, packed);
        if (growth.columnSample < 1) grower.useColumns(sampleColumns(columns, growth.columnSample, rng));
        const used = drawn === null ? learnt : drawn.length;
        for (let i = 0; i < used; i++) order[i] = drawn === null ? i : drawn[i]!;
        for (const leaf of grower.grow(builder, used, kept.gains, label)) {
          const value = leafValue(leaf, packed, growth);
          builder.setLeaf(leaf.node, [value], 1);
          for (let i = leaf.begin; i < leaf.end; i++) scores[order[i]! * classes + label]! += value;
        }
        if (used < rows) addToOthers(builder, window, order.subarray(0, used), label, scores);
      }
      if (kept.endsAfter(round, scores)) break;
    }
    return { start, trees: builder.finish(kept.rounds * classes), importance: kept.importance };
  } finally {
    grower.close();
  }
}

/** Rows `0..learnt)` are learnt from, `late..rows)` say when to stop. */
function splitRows(rows: number, stopping: BoostingGrowth['earlyStopping']): { readonly learnt: number; readonly late: number } {
  if (stopping === null) return { learnt: rows, late: rows };
  const late = Math.max(1, rows - Math.max(1, Math.floor(rows * stopping.share)));
  return { learnt: Math.max(1, late - stopping.purge), late };
}

/** Newton step of a leaf, shortened by the learning rate and held within the leaf's bounds. */
function leafValue({ total, bounds }: GrownLeaf, units: PackedGradients, { learningRate, l2 }: BoostingGrowth): number {
  const gradient = gradientOf(total);
  const hessian = (total - gradient * SHIFT) * units.hessianUnit + l2;
  const free = hessian > 0 ? (-learningRate * gradient * units.gradientUnit) / hessian : 0;
  const unit = (learningRate * units.gradientUnit) / units.hessianUnit;
  return Math.min(bounds.high * unit, Math.max(bounds.low * unit, free));
}

/** Log of the weighted class shares; a class that never occurs starts at a share of 1e-6. */
function startScores(classes: number, labels: Uint8Array, weights: Float64Array | null): Float64Array {
  const sums = new Float64Array(classes);
  let total = 0;
  for (let row = 0; row < labels.length; row++) {
    const weight = weights === null ? 1 : weights[row]!;
    sums[labels[row]!]! += weight;
    total += weight;
  }
  return sums.map((sum) => Math.log(Math.max(1e-6, total > 0 ? sum / total : 1 / classes)));
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
