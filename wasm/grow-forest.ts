// AssemblyScript, compiled by scripts/wasm.mjs: one tree of a forest, as src/model/trees/plain-forest.ts grows it in TypeScript.
// Sums are integers, and doubles round here as they do in JavaScript, so both make the same trees.

import { tryBorders } from './forest/best-borders';
import { drawColumn, drawnColumn, listColumns } from './forest/candidates';
import { divideBins, divideNumbers, divideRanks } from './forest/divide-rows';
import { tryFew } from './forest/few-rows';
import { collectUnits, tryRanks } from './forest/many-rows';
import { beginNode, beginSearch, field, nodeCounts, readTask, t0, t1, t2, whole } from './forest/node';
import { bestColumn, bestCut, bestGain, bestLeft, bestMissingLeft, bestThreshold } from './forest/node';
import { clearOffers, takeBest } from './forest/offers';
import { seedRandom } from './forest/random';
import { countAll, drawRows, takeRows } from './forest/tree-rows';

const PENDING_BYTES: usize = 24;

function push(at: usize, node: u32, begin: u32, end: u32, depth: u32, counts: u64): void {
  store<u32>(at, node);
  store<u32>(at, begin, 4);
  store<u32>(at, end, 8);
  store<u32>(at, depth, 12);
  store<u64>(at, counts, 16);
}

// Grows the tree of one random stream, depth first, left before right. Its nodes are numbered from `firstNode` on, and the
// class shares of its leaves from `firstValue` on. Returns its number of nodes.
export function growTree(task: usize, stream: u32, firstNode: u32, firstValue: u32): u32 {
  const isBest = field(task, 0) == 0;
  readTask(task);
  const columns = field(task, 2), tried = field(task, 3), minSplit = field(task, 5), maxDepth = field(task, 6);
  const labels = field(task, 8), stack = field(task, 10);
  const features = field(task, 11), thresholds = field(task, 12), lefts = field(task, 13), rights = field(task, 14);
  const missingLefts = field(task, 15), classes = field(task, 28), importance = field(task, 33);
  // From so many rows on, random thresholds look at eight ranks together; below, at the values of four columns.
  const manyRows = field(task, 37);
  let shares = field(task, 16);
  seedRandom(field(task, 7), stream);
  listColumns(columns);
  const used = isBest ? drawRows(labels) : takeRows(labels);
  let made: u32 = 1, value = firstValue, top = stack;
  push(top, 0, 0, used, 0, countAll(used, isBest));
  top += PENDING_BYTES;
  while (top > stack) {
    top -= PENDING_BYTES;
    const node = load<u32>(top), begin = load<u32>(top, 4), end = load<u32>(top, 8), depth = load<u32>(top, 12);
    const word = <usize>node << 2;
    beginNode(load<u64>(top, 16));
    const isFew = end - begin < manyRows;
    if (t0 != whole && t1 != whole && t2 != whole && whole >= <f64>minSplit && depth < maxDepth) {
      beginSearch();
      clearOffers();
      if (!isBest && isFew) {
        tryFew(begin, end, columns, tried);
      } else {
        if (!isBest) collectUnits(begin, end);
        for (let drawn: u32 = 0, useful: u32 = 0; drawn < columns && useful < tried; drawn++) {
          drawColumn(drawn, columns);
          const column = drawnColumn(drawn);
          useful += <u32>(isBest ? tryBorders(column, begin, end) : tryRanks(column, begin, end));
        }
      }
      if (!isBest) takeBest();
    }
    store<i32>(features + word, bestColumn);
    if (bestColumn < 0) {
      store<u32>(lefts + word, value);
      store<u32>(rights + word, 0);
      store<f64>(thresholds + (word << 1), 0);
      store<u8>(missingLefts + <usize>node, 0);
      store<f64>(shares, t0 / whole);
      if (classes > 1) store<f64>(shares, t1 / whole, 8);
      if (classes > 2) store<f64>(shares, t2 / whole, 16);
      shares += classes << 3;
      value += classes;
      continue;
    }
    const left = made, right = made + 1;
    made += 2;
    store<f64>(thresholds + (word << 1), isBest ? <f64>bestCut : bestThreshold);
    const sum = importance + (<usize>bestColumn << 3);
    store<f64>(sum, load<f64>(sum) + floor<f64>(max<f64>(bestGain, 0) * 1048576 + 0.5) / 1048576);
    store<u32>(lefts + word, firstNode + left);
    store<u32>(rights + word, firstNode + right);
    store<u8>(missingLefts + <usize>node, <u8>bestMissingLeft);
    const leftCounts = bestLeft, counts = nodeCounts;
    const middle = isBest
      ? divideBins(bestColumn, begin, end)
      : isFew
        ? divideNumbers(bestColumn, begin, end)
        : divideRanks(bestColumn, begin, end);
    push(top, right, middle, end, depth + 1, counts - leftCounts);
    top += PENDING_BYTES;
    push(top, left, begin, middle, depth + 1, leftCounts);
    top += PENDING_BYTES;
  }
  return made;
}
