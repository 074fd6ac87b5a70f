import { type Binning, edgeOf } from './binning.ts';
import { CompiledProgram } from './compiled-program.ts';
import { addressesOf, type ForestAddresses, MANY_ROWS } from './forest-task.ts';
import { type ForestGrowth, fewestToSplit, type GrownForest, triedColumns } from './plain-forest.ts';
import type { TrainingWindow } from './training-window.ts';
import { type GrownNodes, TreeSetBuilder } from './tree-set.ts';
import type { ValueRanks } from './value-ranks.ts';
import { GROW_FOREST } from './wasm-grow-forest.ts';

interface ForestCalls {
  /** Grows the tree of a random stream, numbered from its first node and value on. @returns its number of nodes */
  readonly growTree: (task: number, stream: number, firstNode: number, firstValue: number) => number;
}

const FOREST = new CompiledProgram<ForestCalls>(GROW_FOREST);

const TASK = 0;
const MOST_CLASSES = 3;
/** What two bytes and the lanes of a count hold. */
const MOST_ROWS = 65_535;
const MOST_DEPTH = 0x7fffffff;

/** For each set of four numbers of four bytes, where the bytes of those in it are. */
const SELECTIONS = Uint8Array.from({ length: 16 * 16 }, (_, at) => {
  const chosen = [0, 1, 2, 3].filter((number) => ((at >> 4) >> number) & 1);
  return 4 * (chosen[(at % 16) >> 2] ?? 0) + (at % 4);
});

/** Whether the compiled program can grow it: rows that weigh the same, and no more classes and rows than it counts. */
export function canGrowCompiled({ splits }: ForestGrowth, { rows, classes, weights, binning, ranks }: TrainingWindow): boolean {
  const isPrepared = splits === 'best' ? binning !== null : ranks !== null;
  return isPrepared && weights === null && classes <= MOST_CLASSES && rows <= MOST_ROWS;
}

/**
 * Grows trees `first` to `last - 1` as `growPlain` does, in WebAssembly. Only where `canGrowCompiled` says so.
 * @returns null where there is no WebAssembly, or no memory for it
 */
export function growCompiled(growth: ForestGrowth, window: TrainingWindow, first: number, last: number): GrownForest | null {
  const at = addressesOf(window, growth.splits === 'best' ? null : window.ranks);
  const kernel = FOREST.take(at.end);
  if (kernel === null) return null;
  const { buffer } = kernel.memory;
  writeTask(buffer, at, growth, window);
  const builder = new TreeSetBuilder();
  for (let tree = first; tree < last; tree++) {
    builder.beginTree();
    const nodes = kernel.calls.growTree(TASK, tree + 1, builder.nodes, builder.valueCount);
    const grown = treeAt(buffer, at, nodes, window.classes);
    if (growth.splits === 'best') turnBinsToEdges(grown, window.binning!);
    // What comes is about as large as what is there.
    if (tree === first) builder.reserve(1.1 * nodes * (last - first), 1.1 * grown.values.length * (last - first));
    builder.add(grown);
  }
  const importance = new Float64Array(buffer, at.importance, window.columns).slice();
  FOREST.giveBack(kernel);
  return { trees: builder.finish(), importance };
}

function writeTask(buffer: ArrayBuffer, at: ForestAddresses, growth: ForestGrowth, window: TrainingWindow): void {
  const { rows, columns, labels, binning, ranks } = window;
  const isBest = growth.splits === 'best';
  const numbers = [
    ...[isBest ? 0 : 1, rows, columns, triedColumns(growth, columns), growth.minLeafSamples, fewestToSplit(growth)],
    ...[Math.min(growth.maxDepth, MOST_DEPTH), growth.seed, at.labels, at.candidates, at.pending],
    ...[at.feature, at.threshold, at.left, at.right, at.missingLeft, at.shares],
    ...[at.values, at.binCounts, at.distinct, at.starts, at.order, at.spareOrder, at.units, at.spareUnits],
    ...[at.gathered, at.histogram, at.numbers, window.classes, at.bucketStarts, at.bucketFirsts, at.lowest, at.bucketScales],
    ...[at.importance, at.group, at.offers, at.selections, MANY_ROWS],
  ];
  new Int32Array(buffer, TASK).set(numbers);
  new Uint8Array(buffer, at.labels).set(labels);
  new Uint8Array(buffer, at.selections, SELECTIONS.length).set(SELECTIONS);
  new Uint8Array(buffer, at.histogram, 256 * 8).fill(0);
  new Float64Array(buffer, at.importance, columns).fill(0);
  if (isBest) {
    new Uint8Array(buffer, at.values).set(binning!.bins);
    new Int32Array(buffer, at.binCounts).set(binning!.binCounts);
  } else {
    new Uint16Array(buffer, at.values).set(ranks!.codes);
    const { distinct, starts, buckets } = ranks!;
    new Int32Array(buffer, at.starts).set(starts);
    new Float64Array(buffer, at.distinct).set(distinct);
    new Int32Array(buffer, at.bucketStarts).set(buckets.starts);
    writeFirsts(new Uint16Array(buffer, at.bucketFirsts), ranks!);
    new Float64Array(buffer, at.lowest).set(buckets.lowest);
    new Float64Array(buffer, at.bucketScales).set(buckets.scales);
    writeNumbers(new Float64Array(buffer, at.numbers, (rows + 1) * columns), window.data);
  }
}

function writeFirsts(into: Uint16Array, { starts, buckets }: ValueRanks): void {
  for (let column = 0; column + 1 < buckets.starts.length; column++) {
    const last = buckets.starts[column + 1]!;
    for (let bucket = buckets.starts[column]!; bucket < last; bucket++) into[bucket] = buckets.firsts[bucket]! - starts[column]!;
  }
}

/** Copies values, and a row of missing ones after the last; a negative zero becomes a zero. */
function writeNumbers(into: Float64Array, data: Float64Array): void {
  for (let at = 0; at < data.length; at++) into[at] = data[at]! + 0;
  into.fill(Number.NaN, data.length);
}

/** The tree that was grown last, as views of the memory it stands in. */
function treeAt(buffer: ArrayBuffer, at: ForestAddresses, nodes: number, classes: number): GrownNodes {
  return {
    feature: new Int32Array(buffer, at.feature, nodes),
    threshold: new Float64Array(buffer, at.threshold, nodes),
    left: new Int32Array(buffer, at.left, nodes),
    right: new Int32Array(buffer, at.right, nodes),
    missingLeft: new Uint8Array(buffer, at.missingLeft, nodes),
    values: new Float64Array(buffer, at.shares, ((nodes + 1) / 2) * classes),
  };
}

function turnBinsToEdges({ feature, threshold }: GrownNodes, binning: Binning): void {
  for (let node = 0; node < feature.length; node++) {
    if (feature[node]! >= 0) threshold[node] = edgeOf(binning, feature[node]!, threshold[node]!);
  }
}
