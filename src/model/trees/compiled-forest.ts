import { edgeOf } from './binning.ts';
import { CompiledProgram } from './compiled-program.ts';
import { addressesOf, type ForestAddresses, NODE_BYTES } from './forest-task.ts';
import { type ForestGrowth, fewestToSplit, type GrownForest, inSteps, triedColumns } from './plain-forest.ts';
import type { TrainingWindow } from './training-window.ts';
import { TreeSetBuilder } from './tree-set.ts';
import { GROW_FOREST } from './wasm-grow-forest.ts';

interface ForestCalls {
  /** Grows the tree of a random stream. @returns its number of nodes */
  readonly growTree: (task: number, stream: number) => number;
}

const FOREST = new CompiledProgram<ForestCalls>(GROW_FOREST);

const TASK = 0;
const MOST_CLASSES = 3;
/** What two bytes and the lanes of a count hold. */
const MOST_ROWS = 65_535;
const MOST_DEPTH = 0x7fffffff;

/** Whether the compiled program can grow it: rows that weigh the same, and no more classes and rows than it counts. */
export function canGrowCompiled({ splits }: ForestGrowth, { rows, classes, weights, binning, ranks }: TrainingWindow): boolean {
  const isPrepared = splits === 'best' ? binning !== null : ranks !== null;
  return isPrepared && weights === null && classes <= MOST_CLASSES && rows <= MOST_ROWS && FOREST.isUsable;
}

/** Grows trees `first` to `last - 1` as `growPlain` does, in WebAssembly. Only where `canGrowCompiled` says so. */
export function growCompiled(growth: ForestGrowth, window: TrainingWindow, first: number, last: number): GrownForest {
  const at = addressesOf(window, growth.splits === 'best' ? 0 : window.ranks!.distinct.length);
  const kernel = FOREST.take(at.end);
  const { buffer } = kernel.memory;
  writeTask(buffer, at, growth, window);
  const builder = new TreeSetBuilder();
  const importance = new Float64Array(window.columns);
  for (let tree = first; tree < last; tree++) {
    const nodes = kernel.calls.growTree(TASK, tree + 1);
    readTree({ buffer, at, nodes, window, isBest: growth.splits === 'best' }, builder, importance);
  }
  FOREST.giveBack(kernel);
  return { trees: builder.finish(), importance };
}

function writeTask(buffer: ArrayBuffer, at: ForestAddresses, growth: ForestGrowth, window: TrainingWindow): void {
  const { rows, columns, labels, binning, ranks } = window;
  const isBest = growth.splits === 'best';
  const numbers = [
    ...[isBest ? 0 : 1, rows, columns, triedColumns(growth, columns), growth.minLeafSamples, fewestToSplit(growth)],
    ...[Math.min(growth.maxDepth, MOST_DEPTH), growth.seed, at.labels, at.candidates, at.pending, at.nodes, at.leaves],
    ...[at.values, at.binCounts, at.distinct, at.starts, at.order, at.spareOrder, at.units, at.spareUnits],
    ...[at.gathered, at.histogram],
  ];
  new Int32Array(buffer, TASK).set(numbers);
  new Uint8Array(buffer, at.labels).set(labels);
  new Uint8Array(buffer, at.histogram, 256 * 8).fill(0);
  if (isBest) {
    new Uint8Array(buffer, at.values).set(binning!.bins);
    new Int32Array(buffer, at.binCounts).set(binning!.binCounts);
  } else {
    new Uint16Array(buffer, at.values).set(ranks!.codes);
    const ends = [...ranks!.starts.subarray(1), ranks!.distinct.length];
    new Int32Array(buffer, at.binCounts).set(ends.map((end, column) => end - ranks!.starts[column]!));
    new Int32Array(buffer, at.starts).set(ranks!.starts);
    new Float64Array(buffer, at.distinct).set(ranks!.distinct);
  }
}

interface GrownTree {
  readonly buffer: ArrayBuffer;
  readonly at: ForestAddresses;
  readonly nodes: number;
  readonly window: TrainingWindow;
  readonly isBest: boolean;
}

/** Adds the tree that was grown last. */
function readTree({ buffer, at, nodes, window, isBest }: GrownTree, builder: TreeSetBuilder, importance: Float64Array): void {
  const { classes, binning } = window;
  const words = new Int32Array(buffer, at.nodes, (nodes * NODE_BYTES) / 4);
  const numbers = new Float64Array(buffer, at.nodes, (nodes * NODE_BYTES) / 8);
  const leaves = new Int32Array(buffer, at.leaves, (nodes + 1) / 2);
  const shares = new Float64Array(classes);
  builder.beginTree();
  const root = builder.addNode();
  for (let node = 1; node < nodes; node++) builder.addNode();
  for (let node = 0; node < nodes; node++) {
    const word = (node * NODE_BYTES) / 4;
    const column = words[word + 4]!;
    if (column < 0) continue;
    const border = numbers[word / 2]!;
    const threshold = isBest ? edgeOf(binning!, column, border) : border;
    importance[column]! += inSteps(numbers[word / 2 + 1]!);
    builder.split(root + node, column, threshold, words[word + 7] === 1, root + words[word + 5]!, root + words[word + 6]!);
  }
  for (const node of leaves) {
    const counts = (node * NODE_BYTES) / 4 + 8;
    let rows = 0;
    for (let label = 0; label < classes; label++) rows += words[counts + label]!;
    for (let label = 0; label < classes; label++) shares[label] = words[counts + label]! / rows;
    builder.setLeaf(root + node, shares, classes);
  }
}
