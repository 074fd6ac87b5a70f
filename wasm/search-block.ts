// AssemblyScript, compiled by scripts/wasm.mjs: one block of columns of one search, as src/model/trees/plain-search.ts does it
// in TypeScript. How a task stands in memory is said in src/model/trees/search-task.ts. Both directions of the missing
// values are scanned at once, one per lane; WebAssembly rounds as JavaScript does, so both find the same splits.
const SHIFT: f64 = 67108864;
const STRIDE: usize = 264 * 8;

// Best split of a leaf in one block, while it is searched.
let bestNumerator: f64 = 0;
let bestDenominator: f64 = 1;
let bestLeft: f64 = 0;
let bestColumn: f64 = -1;
let bestBin: f64 = 0;
let bestMissingLeft: f64 = 0;
// Limits of the leaf.
let totalGradient: f64 = 0;
let minHessian: f64 = 0;
let highest: f64 = 0;
let l2: f64 = 0;
let whole: f64 = 0;

// @ts-ignore: decorator
@inline
function field(task: usize, index: usize): usize {
  return load<u32>(task + (index << 2));
}

function begin(limits: usize): void {
  const total = load<f64>(limits);
  totalGradient = floor<f64>(total * (1 / SHIFT));
  const totalHessian = total - totalGradient * SHIFT;
  minHessian = load<f64>(limits, 8);
  l2 = load<f64>(limits, 16);
  bestNumerator = load<f64>(limits, 24);
  bestDenominator = 1;
  bestColumn = -1;
  highest = totalHessian - minHessian;
  whole = totalHessian + 2 * l2;
}

function end(result: usize): void {
  store<f64>(result, bestColumn);
  store<f64>(result, bestBin, 8);
  store<f64>(result, bestMissingLeft, 16);
  store<f64>(result, bestLeft, 24);
  store<f64>(result, bestNumerator, 32);
  store<f64>(result, bestDenominator, 40);
}

// Takes over what the two lanes found: lane 1 had the missing rows on the left.
function offer(column: f64, missing: f64, numerators: v128, denominators: v128, lefts: v128, bins: v128): void {
  if (missing != 0) {
    const bin = f64x2.extract_lane(bins, 1);
    if (bin > 0) {
      bestColumn = column; bestBin = bin; bestMissingLeft = 1;
      bestLeft = f64x2.extract_lane(lefts, 1);
      bestNumerator = f64x2.extract_lane(numerators, 1);
      bestDenominator = f64x2.extract_lane(denominators, 1);
    }
  }
  const bin = f64x2.extract_lane(bins, 0);
  if (bin > 0) {
    const numerator = f64x2.extract_lane(numerators, 0);
    const denominator = f64x2.extract_lane(denominators, 0);
    if (numerator * bestDenominator > bestNumerator * denominator) {
      bestColumn = column; bestBin = bin; bestMissingLeft = 0;
      bestLeft = f64x2.extract_lane(lefts, 0);
      bestNumerator = numerator;
      bestDenominator = denominator;
    }
  }
}

function scanDense(sums: usize, bins: i32, column: f64): void {
  const missing = load<f64>(sums);
  const shift = f64x2.splat(SHIFT), perGradient = f64x2.splat(1 / SHIFT);
  const least = f64x2.splat(minHessian), most = f64x2.splat(highest), ridge = f64x2.splat(l2);
  const both = f64x2.splat(whole), gradient = f64x2.splat(totalGradient);
  let numerators = f64x2.splat(bestNumerator), denominators = f64x2.splat(bestDenominator);
  let lefts = f64x2.splat(0), found = f64x2.splat(0);
  let left = f64x2.replace_lane(f64x2.splat(0), 1, missing);
  for (let bin = 1; bin <= bins; bin++) {
    sums += 8;
    left = f64x2.add(left, v128.load64_splat(sums));
    const gl = f64x2.floor(f64x2.mul(left, perGradient));
    const hl = f64x2.sub(left, f64x2.mul(gl, shift));
    const a = f64x2.add(hl, ridge);
    const b = f64x2.sub(both, a);
    const excess = f64x2.sub(f64x2.mul(gl, b), f64x2.mul(f64x2.sub(gradient, gl), a));
    const top = f64x2.mul(excess, excess);
    const below = f64x2.mul(a, b);
    const better = v128.and(
      f64x2.gt(f64x2.mul(top, denominators), f64x2.mul(numerators, below)),
      v128.and(f64x2.ge(hl, least), f64x2.le(hl, most)),
    );
    if (v128.any_true(better)) {
      numerators = v128.bitselect(top, numerators, better);
      denominators = v128.bitselect(below, denominators, better);
      lefts = v128.bitselect(left, lefts, better);
      found = v128.bitselect(f64x2.splat(<f64>bin), found, better);
    }
  }
  offer(column, missing, numerators, denominators, lefts, found);
}

// Bins a bit says hold rows, and the first where rows are missing, as those may be all that goes left; clears what it visits.
function scanOccupied(sums: usize, occupied: usize, column: f64): void {
  const missing = load<f64>(sums);
  store<f64>(sums, 0);
  const shift = f64x2.splat(SHIFT), perGradient = f64x2.splat(1 / SHIFT);
  const least = f64x2.splat(minHessian), most = f64x2.splat(highest), ridge = f64x2.splat(l2);
  const both = f64x2.splat(whole), gradient = f64x2.splat(totalGradient);
  let numerators = f64x2.splat(bestNumerator), denominators = f64x2.splat(bestDenominator);
  let lefts = f64x2.splat(0), found = f64x2.splat(0);
  let left = f64x2.replace_lane(f64x2.splat(0), 1, missing);
  store<u64>(occupied, (load<u64>(occupied) & ~1) | (missing != 0 ? 2 : 0));
  for (let word: usize = 0; word < 4; word++) {
    let bits = load<u64>(occupied + (word << 3));
    store<u64>(occupied + (word << 3), 0);
    while (bits != 0) {
      const bin = (<usize>ctz<u64>(bits)) + (word << 6);
      bits &= bits - 1;
      const at = sums + (bin << 3);
      left = f64x2.add(left, v128.load64_splat(at));
      store<f64>(at, 0);
      const gl = f64x2.floor(f64x2.mul(left, perGradient));
      const hl = f64x2.sub(left, f64x2.mul(gl, shift));
      const a = f64x2.add(hl, ridge);
      const b = f64x2.sub(both, a);
      const excess = f64x2.sub(f64x2.mul(gl, b), f64x2.mul(f64x2.sub(gradient, gl), a));
      const top = f64x2.mul(excess, excess);
      const below = f64x2.mul(a, b);
      const better = v128.and(
        f64x2.gt(f64x2.mul(top, denominators), f64x2.mul(numerators, below)),
        v128.and(f64x2.ge(hl, least), f64x2.le(hl, most)),
      );
      if (v128.any_true(better)) {
        numerators = v128.bitselect(top, numerators, better);
        denominators = v128.bitselect(below, denominators, better);
        lefts = v128.bitselect(left, lefts, better);
        found = v128.bitselect(f64x2.splat(<f64>bin), found, better);
      }
    }
  }
  offer(column, missing, numerators, denominators, lefts, found);
}

function addRows(sign: f64, quads: usize, order: usize, gathered: usize, count: usize, a: usize, b: usize, c: usize, d: usize): void {
  const last = order + (count << 2);
  while (order < last) {
    const quad = load<u32>(quads + (load<u32>(order) << 2));
    const value = sign * load<f64>(gathered);
    order += 4;
    gathered += 8;
    const pa = a + ((quad & 255) << 3);
    store<f64>(pa, load<f64>(pa) + value);
    const pb = b + (((quad >>> 8) & 255) << 3);
    store<f64>(pb, load<f64>(pb) + value);
    const pc = c + (((quad >>> 16) & 255) << 3);
    store<f64>(pc, load<f64>(pc) + value);
    const pd = d + ((quad >>> 24) << 3);
    store<f64>(pd, load<f64>(pd) + value);
  }
}

function addFew(quads: usize, order: usize, gathered: usize, count: usize, sums: usize, occupied: usize): void {
  const last = order + (count << 2);
  while (order < last) {
    const quad = load<u32>(quads + (load<u32>(order) << 2));
    const value = load<f64>(gathered);
    order += 4;
    gathered += 8;
    const a = quad & 255, b = (quad >>> 8) & 255, c = (quad >>> 16) & 255, d = quad >>> 24;
    const pa = sums + (a << 3);
    store<f64>(pa, load<f64>(pa) + value);
    const pb = sums + STRIDE + (b << 3);
    store<f64>(pb, load<f64>(pb) + value);
    const pc = sums + 2 * STRIDE + (c << 3);
    store<f64>(pc, load<f64>(pc) + value);
    const pd = sums + 3 * STRIDE + (d << 3);
    store<f64>(pd, load<f64>(pd) + value);
    const oa = occupied + ((a >>> 5) << 2);
    store<u32>(oa, load<u32>(oa) | (1 << (a & 31)));
    const ob = occupied + 32 + ((b >>> 5) << 2);
    store<u32>(ob, load<u32>(ob) | (1 << (b & 31)));
    const oc = occupied + 64 + ((c >>> 5) << 2);
    store<u32>(oc, load<u32>(oc) | (1 << (c & 31)));
    const od = occupied + 96 + ((d >>> 5) << 2);
    store<u32>(od, load<u32>(od) | (1 << (d & 31)));
  }
}

const COLUMNS: usize = 8;

function searchFew(task: usize, leaf: usize, limits: usize, block: usize, scratch: usize, result: usize): void {
  const from = field(leaf, 0), count = field(leaf, 1) - from;
  const order = field(task, 2) + (from << 2), gathered = field(task, 8) + (from << 3);
  const rows = field(task, 1), total = field(task, 6), columns = field(task, 3);
  const occupied = scratch + 4 * STRIDE;
  const last = min<usize>(total, (block + 1) * COLUMNS);
  begin(limits);
  for (let first = block * COLUMNS; first < last; first += 4) {
    addFew(field(task, 0) + (first >>> 2) * (rows << 2), order, gathered, count, scratch, occupied);
    for (let i: usize = 0; i < 4; i++) {
      if (first + i < total) {
        scanOccupied(scratch + i * STRIDE, occupied + (i << 5), <f64>load<u32>(columns + ((first + i) << 2)));
      } else {
        store<f64>(scratch + i * STRIDE, 0);
        store<u32>(occupied + (i << 5), 0);
      }
    }
  }
  end(result);
}

function addBlock(task: usize, leaf: usize, block: usize, sign: f64, histogram: usize): void {
  const from = field(leaf, 0), count = field(leaf, 1) - from;
  const order = field(task, 2) + (from << 2), gathered = field(task, 8) + (from << 3);
  const rows = field(task, 1), last = min<usize>(field(task, 6), (block + 1) * COLUMNS);
  for (let i = block * COLUMNS; i < last; i += 4) {
    const offsets = field(task, 5) + (i << 2);
    addRows(
      sign, field(task, 0) + (i >>> 2) * (rows << 2), order, gathered, count,
      histogram + (load<u32>(offsets) << 3), histogram + (load<u32>(offsets, 4) << 3),
      histogram + (load<u32>(offsets, 8) << 3), histogram + (load<u32>(offsets, 12) << 3),
    );
  }
}

function scanBlock(task: usize, leaf: usize, limits: usize, block: usize, result: usize): void {
  const total = field(task, 6), columns = field(task, 3), counts = field(task, 4), offsets = field(task, 5);
  const histogram = field(leaf, 2);
  const last = min<usize>(total, (block + 1) * COLUMNS);
  begin(limits);
  for (let i = block * COLUMNS; i < last; i++) {
    const at = i << 2;
    scanDense(histogram + (load<u32>(offsets + at) << 3), load<i32>(counts + at), <f64>load<u32>(columns + at));
  }
  end(result);
}

export function searchBlock(task: usize, block: usize, scratch: usize): void {
  const mode = field(task, 9), small = task + 64, large = task + 80;
  const smallLimits = task + 96, largeLimits = task + 128;
  const smallResult = field(task, 7) + block * 96, largeResult = smallResult + 48;
  if (mode == 0 || mode == 3) {
    if (field(small, 3)) searchFew(task, small, smallLimits, block, scratch, smallResult);
    if (mode == 0) {
      if (field(large, 3)) searchFew(task, large, largeLimits, block, scratch, largeResult);
      return;
    }
    addBlock(task, small, block, -1, field(large, 2));
  } else {
    const total = field(task, 6), first = block * COLUMNS, last = min<usize>(total, first + COLUMNS) - 1;
    const start = load<u32>(field(task, 5) + (first << 2)) << 3;
    const bytes = (load<u32>(field(task, 5) + (last << 2)) + load<u32>(field(task, 4) + (last << 2)) + 2) & ~1;
    const stop = bytes << 3;
    const histogram = field(small, 2);
    memory.fill(histogram + start, 0, stop - start);
    addBlock(task, small, block, 1, histogram);
    if (mode == 2) {
      const other = field(large, 2);
      for (let at = start; at < stop; at += 16) {
        v128.store(other + at, f64x2.sub(v128.load(other + at), v128.load(histogram + at)));
      }
    }
    if (field(small, 3)) scanBlock(task, small, smallLimits, block, smallResult);
  }
  if (mode != 1 && field(large, 3)) scanBlock(task, large, largeLimits, block, largeResult);
}
