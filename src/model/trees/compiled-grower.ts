import { type Binning, edgeOf } from './binning.ts';
import { CompiledProgram, type Kernel } from './compiled-program.ts';
import { type GrowerTask, LEAF_BYTES, LIMITS_AT, layOutTask, SPLIT_BYTES } from './grower-task.ts';
import { QUAD, quadsOf } from './histogram.ts';
import { UNBOUNDED } from './monotone.ts';
import type { PackedGradients } from './packed-gradients.ts';
import { type GrownLeaf, packedSum, packLimits, type TreeGrower, type TreeLimits } from './tree-grower.ts';
import type { TreeSetBuilder } from './tree-set.ts';
import { GROW_BOOSTED } from './wasm-grow-boosted.ts';

interface GrowerCalls {
  /** Lays out as many columns as `chosen` names, in whole groups. */
  readonly useColumns: (count: number) => void;
  /** Grows one tree on so many rows of `order`. @returns its number of leaves */
  readonly growTree: (rows: number) => number;
}

/** The grower of one tree. */
export const GROWER = new CompiledProgram<GrowerCalls>(GROW_BOOSTED);

/** A tree grown in WebAssembly, in a memory of its own; what it was is read from there split by split. */
export class CompiledGrower implements TreeGrower {
  readonly order: Int32Array;
  readonly gradients: PackedGradients;
  readonly #binning: Binning;
  readonly #limits: TreeLimits;
  readonly #kernel: Kernel<GrowerCalls>;
  readonly #task: GrowerTask;
  readonly #words: Int32Array;
  readonly #numbers: Float64Array;
  #columns: Int32Array;

  private constructor(binning: Binning, limits: TreeLimits, task: GrowerTask, kernel: Kernel<GrowerCalls>) {
    this.#binning = binning;
    this.#limits = limits;
    this.#task = task;
    this.#kernel = kernel;
    const { buffer } = this.#kernel.memory;
    this.#words = new Int32Array(buffer);
    this.#numbers = new Float64Array(buffer);
    this.#words.set(Object.values(task));
    this.order = new Int32Array(buffer, task.order, binning.rows);
    this.gradients = { packed: new Float64Array(buffer, task.packed, binning.rows), gradientUnit: 1, hessianUnit: 1 };
    writeBins(buffer, task, binning);
    this.#columns = Int32Array.from({ length: binning.columns }, (_, column) => column);
    this.useColumns(this.#columns);
  }

  /** @returns null where there is no WebAssembly, or no memory for it */
  static open(binning: Binning, limits: TreeLimits): CompiledGrower | null {
    const { task, end } = layOutTask(binning, limits);
    const kernel = GROWER.take(end);
    return kernel === null ? null : new CompiledGrower(binning, limits, task, kernel);
  }

  /** Gives the memory back; the grower must not be used afterwards. */
  close(): void {
    GROWER.giveBack(this.#kernel);
  }

  useColumns(columns: Int32Array): void {
    const chosen = this.#task.chosen >> 2;
    const places = quadsOf(columns.length) * QUAD;
    this.#words.set(columns, chosen);
    this.#words.fill(this.#binning.columns, chosen + columns.length, chosen + places);
    this.#kernel.calls.useColumns(places);
    this.#columns = columns;
  }

  grow(builder: TreeSetBuilder, rows: number, importance: Float64Array): readonly GrownLeaf[] {
    const { l2, minGain, gainUnit, minHessian } = packLimits(this.#limits, this.gradients);
    this.#numbers.set([l2, minGain, gainUnit, minHessian], LIMITS_AT >> 3);
    const count = this.#kernel.calls.growTree(rows);
    builder.beginTree();
    const nodes = this.#build(builder, count, importance);
    const words = this.#words;
    return nodes.map((node, i): GrownLeaf => {
      const at = (this.#task.leaves + i * LEAF_BYTES) >> 2;
      const total = packedSum(words[at + 4]!, words[at + 5]!);
      return { node, begin: words[at]!, end: words[at + 1]!, total, bounds: UNBOUNDED };
    });
  }

  /** Makes the splits again, in their order. @returns the node of each leaf */
  #build(builder: TreeSetBuilder, count: number, importance: Float64Array): number[] {
    const nodes = [builder.addNode()];
    for (let at = this.#task.splits; nodes.length < count; at += SPLIT_BYTES) {
      const leaf = this.#words[at >> 2]!;
      const column = this.#columns[this.#words[(at >> 2) + 1]!]!;
      const bin = this.#words[(at >> 2) + 2]!;
      const missingLeft = this.#words[(at >> 2) + 3] === 1;
      importance[column]! += this.#numbers[(at >> 3) + 2]!;
      const [left, right] = [builder.addNode(), builder.addNode()];
      builder.split(nodes[leaf]!, column, edgeOf(this.#binning, column, bin), missingLeft, left, right);
      nodes[leaf] = left;
      nodes.push(right);
    }
    return nodes;
  }
}

/** Bins as the task has them: each column in whole blocks of rows, and one without values. */
function writeBins(buffer: ArrayBuffer, task: GrowerTask, { bins, binCounts, rows, columns }: Binning): void {
  const padded = new Uint8Array(buffer, task.bins, (columns + 1) * task.columnBytes);
  padded.fill(0);
  for (let column = 0; column < columns; column++) {
    padded.set(bins.subarray(column * rows, (column + 1) * rows), column * task.columnBytes);
  }
  const counts = new Int32Array(buffer, task.binCounts, columns + 1);
  counts.set(binCounts);
  counts[columns] = 0;
}
