// AssemblyScript, compiled by scripts/wasm.mjs: one boosted tree, grown best leaf first as src/model/trees/plain-grower.ts
// grows it in TypeScript. How a task stands in memory is said in src/model/trees/grower-task.ts. WebAssembly rounds as
// JavaScript does, so both grow the same trees.
import { addRows, aim, BEST, clear, GROUP_SHIFT, MISSING_LEFT, PLACE, scan, SCAN_BYTES, subtract } from './scan-group';

const SHIFT: f64 = 67108864;
const NO_SLOT: u32 = 0xffffffff;

// The task: 32-bit fields, addresses in bytes, then 64-bit numbers.
const ROWS: usize = 0, GROUPS: usize = 4, QUADS: usize = 8, ORDER: usize = 12, PACKED: usize = 16, GATHERED: usize = 20;
const SPARE_ORDER: usize = 24, GROUP_OFFSETS: usize = 28, GROUP_BINS: usize = 32, LEAVES: usize = 36, HISTOGRAMS: usize = 40;
const HISTOGRAM_BYTES: usize = 44, FREE_SLOTS: usize = 48, SLOTS: usize = 52, SPARE_GATHERED: usize = 56, MAX_LEAVES: usize = 60;
const MAX_DEPTH: usize = 64, MIN_LEAF_SAMPLES: usize = 68, FEW_ROWS: usize = 72, SPLITS: usize = 76;
const BINS: usize = 80, BIN_COUNTS: usize = 84, COLUMN_BYTES: usize = 88, CHOSEN: usize = 92;
const RIDGE: usize = 96, MIN_GAIN: usize = 104, GAIN_UNIT: usize = 112, MIN_HESSIAN: usize = 120;
const SMALL_SCAN: usize = 128;
const LARGE_SCAN: usize = 128 + SCAN_BYTES;

// A leaf: 64 bytes.
const LEAF_SHIFT: usize = 6;
const BEGIN: usize = 0, END: usize = 4, DEPTH: usize = 8, SLOT: usize = 12, GRADIENT: usize = 16, HESSIAN: usize = 20;
const COLUMN: usize = 24, BIN: usize = 28, MISSING: usize = 32, LEFT_GRADIENT: usize = 36, LEFT_HESSIAN: usize = 40, GAIN: usize = 48;
// A split that was made: leaf, column, bin, missing left, gain; 24 bytes.
const SPLIT_BYTES: usize = 24;

let freeSlots: u32 = 0;

function takeSlot(): u32 {
  freeSlots--;
  return load<u32>(load<usize>(FREE_SLOTS) + (<usize>freeSlots << 2));
}

function giveSlot(slot: u32): void {
  store<u32>(load<usize>(FREE_SLOTS) + (<usize>freeSlots << 2), slot);
  freeSlots++;
}

// @ts-ignore: decorator
@inline
function histogramOf(slot: u32): usize {
  return load<usize>(HISTOGRAMS) + <usize>slot * load<usize>(HISTOGRAM_BYTES);
}

function newLeaf(leaf: usize, begin: u32, end: u32, depth: u32, gradient: i32, hessian: i32): void {
  store<u32>(leaf, begin, BEGIN);
  store<u32>(leaf, end, END);
  store<u32>(leaf, depth, DEPTH);
  store<u32>(leaf, NO_SLOT, SLOT);
  store<i32>(leaf, gradient, GRADIENT);
  store<i32>(leaf, hessian, HESSIAN);
  store<f64>(leaf, -1, GAIN);
}

// @ts-ignore: decorator
@inline
function sizeOf(leaf: usize): u32 {
  return load<u32>(leaf, END) - load<u32>(leaf, BEGIN);
}

function canSplit(leaf: usize): bool {
  return sizeOf(leaf) >= 2 * load<u32>(MIN_LEAF_SAMPLES) && load<u32>(leaf, DEPTH) < load<u32>(MAX_DEPTH);
}

// Whether a leaf is searched without keeping its histogram.
function isFew(leaf: usize): bool {
  return sizeOf(leaf) < load<u32>(FEW_ROWS);
}

// What a split has to exceed.
function leastOf(gradient: f64, hessian: f64): f64 {
  const square = gradient * gradient;
  const whole = hessian + 2 * load<f64>(RIDGE);
  return (square / (hessian + load<f64>(RIDGE)) - square / whole + load<f64>(MIN_GAIN)) * whole;
}

function begin(leaf: usize, state: usize): void {
  const gradient = load<i32>(leaf, GRADIENT), hessian = load<i32>(leaf, HESSIAN);
  const side = max<f64>((<f64>load<u32>(MIN_LEAF_SAMPLES) * <f64>hessian) / <f64>sizeOf(leaf), load<f64>(MIN_HESSIAN));
  const least = <f32>leastOf(<f64>gradient, <f64>hessian);
  aim(state, least, gradient, hessian, <f32>load<f64>(RIDGE), <i32>min<f64>(ceil<f64>(side), 2147483647));
}

// Takes the best of the four lanes, the first column of equal ones, and turns it into a gain.
function judge(leaf: usize, state: usize, histogram: usize): void {
  const gradient = <f64>load<i32>(leaf, GRADIENT), hessian = <f64>load<i32>(leaf, HESSIAN);
  const least = leastOf(gradient, hessian);
  let best = <f32>least;
  let column: u32 = 0, place: u32 = 0;
  for (let lane: u32 = 0; lane < 4; lane++) {
    const score = load<f32>(state + (<usize>lane << 2), BEST);
    const at = load<u32>(state + (<usize>lane << 2), PLACE);
    if (at == 0) continue;
    const own = ((at >>> GROUP_SHIFT) << 2) + lane;
    if (score > best || (score == best && place != 0 && own < column)) {
      best = score;
      column = own;
      place = at;
    }
  }
  if (place == 0) return;
  const group = place >>> GROUP_SHIFT, bin = place & 255;
  const sums = histogram + load<usize>(load<usize>(GROUP_OFFSETS) + (<usize>group << 2)) + (<usize>(column & 3) << 3);
  const missing = load<i64>(sums);
  const missingLeft = (place & MISSING_LEFT) != 0 && missing != 0;
  let left: i64 = missingLeft ? missing : 0;
  for (let i: u32 = 1; i <= bin; i++) left += load<i64>(sums + (<usize>i << 5));
  const leftGradient = <i32>(left >> 32), leftHessian = <i32>left;
  const a = <f64>leftHessian + load<f64>(RIDGE), b = hessian - <f64>leftHessian + load<f64>(RIDGE);
  const excess = <f64>leftGradient * b - (gradient - <f64>leftGradient) * a;
  const whole = hessian + 2 * load<f64>(RIDGE);
  store<u32>(leaf, column, COLUMN);
  store<u32>(leaf, bin, BIN);
  store<u32>(leaf, missingLeft ? 1 : 0, MISSING);
  store<i32>(leaf, leftGradient, LEFT_GRADIENT);
  store<i32>(leaf, leftHessian, LEFT_HESSIAN);
  store<f64>(leaf, (((excess * excess) / (a * b) - least) / whole) * load<f64>(GAIN_UNIT), GAIN);
}

function make(leaf: usize, group: usize, histogram: usize, bytes: usize): void {
  const from = <usize>load<u32>(leaf, BEGIN);
  clear(histogram, bytes);
  addRows(load<usize>(QUADS) + group * (load<usize>(ROWS) << 2), load<usize>(ORDER) + (from << 2), load<usize>(GATHERED) + (from << 3), <usize>sizeOf(leaf), histogram);
}

// Searches a leaf on a histogram made from its rows.
function searchOwn(leaf: usize, slot: u32): void {
  const histogram = histogramOf(slot);
  begin(leaf, SMALL_SCAN);
  for (let group: usize = 0; group < load<usize>(GROUPS); group++) {
    const at = histogram + load<usize>(load<usize>(GROUP_OFFSETS) + (group << 2)), bins = load<u32>(load<usize>(GROUP_BINS) + (group << 2));
    make(leaf, group, at, <usize>(bins + 1) << 5);
    scan(at, bins, <u32>group, SMALL_SCAN);
  }
  judge(leaf, SMALL_SCAN, histogram);
}

// Searches two siblings: the histogram of the large one is what the small one's leaves of the parent's.
function searchSiblings(small: usize, smallSlot: u32, large: usize): void {
  const own = histogramOf(smallSlot), inherited = histogramOf(load<u32>(large, SLOT));
  const searchesSmall = canSplit(small);
  if (searchesSmall) begin(small, SMALL_SCAN);
  begin(large, LARGE_SCAN);
  for (let group: usize = 0; group < load<usize>(GROUPS); group++) {
    const offset = load<usize>(load<usize>(GROUP_OFFSETS) + (group << 2));
    const bins = load<u32>(load<usize>(GROUP_BINS) + (group << 2)), bytes = <usize>(bins + 1) << 5;
    make(small, group, own + offset, bytes);
    if (searchesSmall) scan(own + offset, bins, <u32>group, SMALL_SCAN);
    subtract(inherited + offset, own + offset, bytes);
    scan(inherited + offset, bins, <u32>group, LARGE_SCAN);
  }
  if (searchesSmall) judge(small, SMALL_SCAN, own);
  judge(large, LARGE_SCAN, inherited);
}

function searchChildren(slot: u32, left: usize, right: usize): void {
  const leftIsSmall = sizeOf(left) <= sizeOf(right);
  const small = leftIsSmall ? left : right, large = leftIsSmall ? right : left;
  const scratch = load<u32>(SLOTS);
  if (slot != NO_SLOT && canSplit(large) && !isFew(large)) {
    store<u32>(large, slot, SLOT);
    if (canSplit(small) && !isFew(small)) store<u32>(small, takeSlot(), SLOT);
    const own = load<u32>(small, SLOT);
    searchSiblings(small, own == NO_SLOT ? scratch : own, large);
    return;
  }
  if (canSplit(small)) searchOwn(small, scratch);
  if (canSplit(large)) searchOwn(large, scratch);
  if (slot != NO_SLOT) giveSlot(slot);
}

// Moves the rows of the left side to the front, keeping the order of both. Returns where the right side begins.
function partition(begin: usize, end: usize, column: u32, bin: u32, missingLeft: bool): usize {
  const bytes = load<usize>(QUADS) + <usize>(column >>> 2) * (load<usize>(ROWS) << 2) + <usize>(column & 3);
  const positions = load<usize>(ORDER), values = load<usize>(GATHERED), sparePositions = load<usize>(SPARE_ORDER), spareValues = load<usize>(SPARE_GATHERED);
  const lowest: u32 = missingLeft ? 0 : 1;
  let left = begin, right: usize = 0;
  for (let i = begin; i < end; i++) {
    const row = load<u32>(positions + (i << 2)), value = load<i64>(values + (i << 3));
    const at = <u32>load<u8>(bytes + (<usize>row << 2));
    const isLeft: usize = at <= bin && at >= lowest ? 1 : 0;
    store<u32>(positions + (left << 2), row);
    store<i64>(values + (left << 3), value);
    store<u32>(sparePositions + (right << 2), row);
    store<i64>(spareValues + (right << 3), value);
    left += isLeft;
    right += 1 - isLeft;
  }
  memory.copy(positions + (left << 2), sparePositions, right << 2);
  memory.copy(values + (left << 3), spareValues, right << 3);
  return left;
}

// Reads the packed gradients of `order` as integers. Returns their sum.
function gather(used: usize): i64 {
  const packed = load<usize>(PACKED);
  let sum: i64 = 0;
  for (let i: usize = 0; i < used; i++) {
    const value = load<f64>(packed + (<usize>load<u32>(load<usize>(ORDER) + (i << 2)) << 3));
    const gradient = floor<f64>(value * (1 / SHIFT));
    const pair = (<i64>gradient << 32) + <i64>(value - gradient * SHIFT);
    store<i64>(load<usize>(GATHERED) + (i << 3), pair);
    sum += pair;
  }
  return sum;
}

// The bins of four columns, sixteen rows at a time, so that a row's stand together. What is beyond the last row is written
// over by the next four columns.
function packQuad(a: usize, b: usize, c: usize, d: usize, to: usize): void {
  for (const end = a + load<usize>(COLUMN_BYTES); a < end; a += 16, b += 16, c += 16, d += 16, to += 64) {
    const one = v128.load(a), two = v128.load(b), three = v128.load(c), four = v128.load(d);
    const lowFirst = i8x16.shuffle(one, two, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    const highFirst = i8x16.shuffle(one, two, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    const lowLast = i8x16.shuffle(three, four, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    const highLast = i8x16.shuffle(three, four, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    v128.store(to, i16x8.shuffle(lowFirst, lowLast, 0, 8, 1, 9, 2, 10, 3, 11));
    v128.store(to, i16x8.shuffle(lowFirst, lowLast, 4, 12, 5, 13, 6, 14, 7, 15), 16);
    v128.store(to, i16x8.shuffle(highFirst, highLast, 0, 8, 1, 9, 2, 10, 3, 11), 32);
    v128.store(to, i16x8.shuffle(highFirst, highLast, 4, 12, 5, 13, 6, 14, 7, 15), 48);
  }
}

/** Lays out the columns that `CHOSEN` names, in whole groups of four, for the trees that come. */
export function useColumns(count: u32): void {
  const groups = count >>> 2, columnBytes = load<u32>(COLUMN_BYTES), bins = load<u32>(BINS), counts = load<usize>(BIN_COUNTS);
  store<u32>(GROUPS, groups);
  let chosen = load<usize>(CHOSEN), quads = load<usize>(QUADS), offset: u32 = 0;
  for (let group: usize = 0; group < <usize>groups; group++) {
    const a = load<u32>(chosen), b = load<u32>(chosen, 4), c = load<u32>(chosen, 8), d = load<u32>(chosen, 12);
    packQuad(bins + a * columnBytes, bins + b * columnBytes, bins + c * columnBytes, bins + d * columnBytes, quads);
    const first = max<u32>(load<u32>(counts + (a << 2)), load<u32>(counts + (b << 2)));
    const most = max<u32>(first, max<u32>(load<u32>(counts + (c << 2)), load<u32>(counts + (d << 2))));
    store<u32>(load<usize>(GROUP_BINS) + (group << 2), most);
    store<u32>(load<usize>(GROUP_OFFSETS) + (group << 2), offset);
    offset += (most + 1) << 5;
    chosen += 16;
    quads += load<usize>(ROWS) << 2;
  }
}

/** Grows one tree on the first `used` rows of `order`. Returns the number of leaves; there is one split fewer. */
export function growTree(used: u32): u32 {
  const leaves = load<usize>(LEAVES);
  let splits = load<usize>(SPLITS);
  freeSlots = load<u32>(SLOTS);
  for (let i: u32 = 0; i < freeSlots; i++) store<u32>(load<usize>(FREE_SLOTS) + (<usize>i << 2), freeSlots - 1 - i);
  const sum = gather(used);
  newLeaf(leaves, 0, used, 0, <i32>(sum >> 32), <i32>sum);
  let count: u32 = 1;
  if (load<u32>(MAX_LEAVES) > 1 && canSplit(leaves)) {
    if (!isFew(leaves)) store<u32>(leaves, takeSlot(), SLOT);
    const own = load<u32>(leaves, SLOT);
    searchOwn(leaves, own == NO_SLOT ? load<u32>(SLOTS) : own);
  }
  while (count < load<u32>(MAX_LEAVES)) {
    let best: u32 = 0;
    let most = load<f64>(leaves, GAIN);
    for (let i: u32 = 1; i < count; i++) {
      const gain = load<f64>(leaves + (<usize>i << LEAF_SHIFT), GAIN);
      if (gain > most) {
        best = i;
        most = gain;
      }
    }
    if (!(most > 0)) break;
    const leaf = leaves + (<usize>best << LEAF_SHIFT), right = leaves + (<usize>count << LEAF_SHIFT);
    const from = load<u32>(leaf, BEGIN), to = load<u32>(leaf, END), depth = load<u32>(leaf, DEPTH) + 1;
    const column = load<u32>(leaf, COLUMN), bin = load<u32>(leaf, BIN), missingLeft = load<u32>(leaf, MISSING);
    const gradient = load<i32>(leaf, LEFT_GRADIENT), hessian = load<i32>(leaf, LEFT_HESSIAN), slot = load<u32>(leaf, SLOT);
    const middle = <u32>partition(from, to, column, bin, missingLeft != 0);
    store<u32>(splits, best);
    store<u32>(splits, column, 4);
    store<u32>(splits, bin, 8);
    store<u32>(splits, missingLeft, 12);
    store<f64>(splits, most, 16);
    splits += SPLIT_BYTES;
    newLeaf(right, middle, to, depth, load<i32>(leaf, GRADIENT) - gradient, load<i32>(leaf, HESSIAN) - hessian);
    newLeaf(leaf, from, middle, depth, gradient, hessian);
    count++;
    if (count < load<u32>(MAX_LEAVES)) searchChildren(slot, leaf, right);
  }
  return count;
}
