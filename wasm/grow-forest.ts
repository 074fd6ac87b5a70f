// AssemblyScript, compiled by scripts/wasm.mjs: one tree of a forest, as src/model/trees/plain-forest.ts grows it in TypeScript.
// How a task stands in memory is said in src/model/trees/forest-task.ts. Sums are integers, and doubles round here as they do
// in JavaScript, so both make the same trees.

// Counts of three classes in one 64-bit number.
const CLASS_BITS: u64 = 21;
const CLASS_MASK: u64 = (1 << 21) - 1;
const PENDING_BYTES: usize = 24;
// Below so many rows, bins that hold some are marked and the others not looked at.
const FEW_ROWS: u32 = 256;
const MISSING: u32 = 65535;
// From so many rows on, eight ranks are looked at together; below, the values of four columns.
const MANY_ROWS: u32 = 400;
// Columns whose thresholds are tried together in a node of few rows.
const GROUP: u32 = 4;
const OFFER_BYTES: usize = 32;
const LEAST_GAIN: f64 = -1e-9;

// --- randomness: src/domain/rng.ts
let mix: u32 = 0, ra: u32 = 0, rb: u32 = 0, rc: u32 = 0, counter: u32 = 0;

function mixed(): u32 {
  mix += 0x9e3779b9;
  let z = mix;
  z = (z ^ (z >>> 16)) * 0x21f0aaad;
  z = (z ^ (z >>> 15)) * 0x735a2d97;
  return z ^ (z >>> 15);
}

// @ts-ignore: decorator
@inline
function random(): u32 {
  const t = ra + rb + counter;
  counter++;
  ra = rb ^ (rb >>> 9);
  rb = rc + (rc << 3);
  rc = rotl<u32>(rc, 21) + t;
  return t;
}

function seedRandom(seed: u32, stream: u32): void {
  mix = (seed * 0x9e3779b1) ^ (stream * 0x85ebca6b);
  ra = mixed();
  rb = mixed();
  rc = mixed();
  counter = 1;
  for (let i = 0; i < 12; i++) random();
}

// A whole number from 0 to n - 1.
// @ts-ignore: decorator
@inline
function below(n: u32): u32 {
  return <u32>((<u64>random() * <u64>n) >> 32);
}

// Exchanges two columns in the list of candidates, and returns what was first.
// @ts-ignore: decorator
@inline
function swap(one: usize, other: usize): i32 {
  const column = load<i32>(one);
  store<i32>(one, load<i32>(other));
  store<i32>(other, column);
  return column;
}

// --- the task
let rows: u32 = 0, minLeaf: u32 = 0;
let values: usize = 0, binCounts: usize = 0, distinct: usize = 0, distinctStarts: usize = 0;
let bucketStarts: usize = 0, bucketFirsts: usize = 0, lowestValues: usize = 0, bucketScales: usize = 0;
let order: usize = 0, spareOrder: usize = 0, units: usize = 0, spareUnits: usize = 0;
let candidates: usize = 0, group: usize = 0, offers: usize = 0, offersEnd: usize = 0;
let selections: usize = 0;
let gathered: usize = 0, histogram: usize = 0, numbers: usize = 0, rowBytes: u32 = 0;

// --- the node that is split
let nodeCounts: u64 = 0;
let t0: f64 = 0, t1: f64 = 0, t2: f64 = 0, whole: f64 = 0, parent: f64 = 0;

// --- its best split so far
let bestColumn: i32 = -1, bestCut: u32 = 0, bestMissingLeft: bool = false;
// Of a random threshold in many rows `bestCut` is the rank of the highest value at or below it.
let bestThreshold: f64 = 0, bestGain: f64 = 0, bestScore: f64 = 0;
let bestLeft: u64 = 0;

// @ts-ignore: decorator
@inline
function field(task: usize, index: usize): u32 {
  return load<u32>(task + (index << 2));
}

// @ts-ignore: decorator
@inline
function ofClass(packed: u64, label: u64): u32 {
  return <u32>((packed >> (CLASS_BITS * label)) & CLASS_MASK);
}

// --- best splits, of bins and packed counts

// Whole numbers below 2^52 as doubles.
// @ts-ignore: decorator
@inline
function toDoubles(numbers: v128): v128 {
  const magic = i64x2.splat(0x4330000000000000);
  return f64x2.sub(v128.or(numbers, magic), f64x2.splat(4503599627370496));
}

// Scores of two borders by what goes left of each, which are more than 0; 0 where a side has too few rows.
// @ts-ignore: decorator
@inline
function scoreBorders(lefts: v128, a0: v128, a1: v128, a2: v128, all: v128, least: v128): v128 {
  const mask = i64x2.splat(CLASS_MASK);
  const l0 = toDoubles(v128.and(lefts, mask));
  const l1 = toDoubles(v128.and(i64x2.shr_u(lefts, <i32>CLASS_BITS), mask));
  const l2 = toDoubles(i64x2.shr_u(lefts, 2 * <i32>CLASS_BITS));
  const nl = f64x2.add(f64x2.add(l0, l1), l2), nr = f64x2.sub(all, nl);
  const r0 = f64x2.sub(a0, l0), r1 = f64x2.sub(a1, l1), r2 = f64x2.sub(a2, l2);
  const ls = f64x2.add(f64x2.add(f64x2.mul(l0, l0), f64x2.mul(l1, l1)), f64x2.mul(l2, l2));
  const rs = f64x2.add(f64x2.add(f64x2.mul(r0, r0), f64x2.mul(r1, r1)), f64x2.mul(r2, r2));
  const score = f64x2.div(f64x2.add(f64x2.mul(ls, nr), f64x2.mul(rs, nl)), f64x2.mul(nl, nr));
  return v128.and(score, v128.and(f64x2.ge(nl, least), f64x2.ge(nr, least)));
}

let occupied0: u64 = 0, occupied1: u64 = 0, occupied2: u64 = 0, occupied3: u64 = 0;

// Borders after the bins that hold rows, two at a time: the best of each lane, the earlier bin of equal ones.
function scanOccupied(column: i32, from: f64, missing: u64): void {
  const least = f64x2.splat(<f64>minLeaf), all = f64x2.splat(whole);
  const a0 = f64x2.splat(t0), a1 = f64x2.splat(t1), a2 = f64x2.splat(t2);
  let best = f64x2.splat(from), bestBins = i64x2.splat(0), bestLefts = bestBins;
  let left = missing;
  for (let word: u64 = 0; word < 4; word++) {
    let bits = word == 0 ? occupied0 : word == 1 ? occupied1 : word == 2 ? occupied2 : occupied3;
    while (bits != 0) {
      const bin = (word << 6) + ctz<u64>(bits);
      bits &= bits - 1;
      const other = select<u64>((word << 6) + ctz<u64>(bits), bin, bits != 0);
      left += load<u64>(histogram + (<usize>bin << 3));
      const first = left;
      left += select<u64>(load<u64>(histogram + (<usize>other << 3)), 0, bits != 0);
      bits &= bits - 1;
      const lefts = i64x2.replace_lane(i64x2.splat(first), 1, left);
      const score = scoreBorders(lefts, a0, a1, a2, all, least), isBetter = f64x2.gt(score, best);
      best = v128.bitselect(score, best, isBetter);
      bestBins = v128.bitselect(i64x2.replace_lane(i64x2.splat(bin), 1, other), bestBins, isBetter);
      bestLefts = v128.bitselect(lefts, bestLefts, isBetter);
    }
  }
  const bin = <u32>i64x2.extract_lane(bestBins, 0), other = <u32>i64x2.extract_lane(bestBins, 1);
  const score = f64x2.extract_lane(best, 0), otherScore = f64x2.extract_lane(best, 1);
  if (other != 0 && (otherScore > score || (otherScore == score && other < bin))) {
    take(column, other, i64x2.extract_lane(bestLefts, 1), otherScore, missing != 0);
  } else if (bin != 0) {
    take(column, bin, i64x2.extract_lane(bestLefts, 0), score, missing != 0);
  }
}

function clearWord(bits: u64, base: u32): void {
  while (bits != 0) {
    store<u64>(histogram + ((base + <u32>ctz<u64>(bits)) << 3), 0);
    bits &= bits - 1;
  }
}

function take(column: i32, bin: u32, left: u64, score: f64, missingLeft: bool): void {
  bestColumn = column;
  bestCut = bin;
  bestMissingLeft = missingLeft;
  bestLeft = left;
  bestScore = score;
  bestGain = score - parent;
}

// Borders after every bin, the missing rows to the right in one lane and to the left in the other. Returns how many bins hold rows.
function scanDense(column: i32, bins: u32, from: f64, missing: u64): u32 {
  const least = f64x2.splat(<f64>minLeaf), all = f64x2.splat(whole);
  const a0 = f64x2.splat(t0), a1 = f64x2.splat(t1), a2 = f64x2.splat(t2);
  let left = i64x2.replace_lane(i64x2.splat(0), 1, missing);
  let best = f64x2.splat(from), bestBins = i64x2.splat(0), bestLefts = left;
  let seen: u32 = 0;
  for (let bin: u32 = 1; bin <= bins; bin++) {
    const here = load<u64>(histogram + (bin << 3));
    seen += u32(here != 0);
    left = i64x2.add(left, i64x2.splat(here));
    const score = scoreBorders(left, a0, a1, a2, all, least), isBetter = f64x2.gt(score, best);
    best = v128.bitselect(score, best, isBetter);
    bestBins = v128.bitselect(i64x2.splat(<u64>bin), bestBins, isBetter);
    bestLefts = v128.bitselect(left, bestLefts, isBetter);
  }
  const right = <u32>i64x2.extract_lane(bestBins, 0);
  if (right != 0) take(column, right, i64x2.extract_lane(bestLefts, 0), f64x2.extract_lane(best, 0), false);
  const other = <u32>i64x2.extract_lane(bestBins, 1);
  if (missing != 0 && other != 0 && f64x2.extract_lane(best, 1) > max<f64>(from, f64x2.extract_lane(best, 0))) {
    take(column, other, i64x2.extract_lane(bestLefts, 1), f64x2.extract_lane(best, 1), true);
  }
  return seen;
}

// Every border of one column's bins. Returns whether the column tells any of the rows apart.
function tryBorders(column: i32, begin: u32, end: u32): bool {
  const bins = values + <usize>column * <usize>rows;
  const isFew = end - begin < FEW_ROWS;
  let at = order + (<usize>begin << 2), unit = units + (<usize>begin << 3);
  const last = order + (<usize>end << 2);
  let seen: u32 = 0;
  if (isFew) {
    let o0: u64 = 0, o1: u64 = 0, o2: u64 = 0, o3: u64 = 0;
    while (at < last) {
      const bin = <u32>load<u8>(bins + load<u32>(at));
      const place = histogram + (bin << 3);
      store<u64>(place, load<u64>(place) + load<u64>(unit));
      const bit: u64 = (<u64>1) << (<u64>(bin & 63));
      const word = bin >>> 6;
      o0 |= select<u64>(bit, 0, word == 0);
      o1 |= select<u64>(bit, 0, word == 1);
      o2 |= select<u64>(bit, 0, word == 2);
      o3 |= select<u64>(bit, 0, word == 3);
      at += 4;
      unit += 8;
    }
    o0 &= ~1;
    seen = <u32>(popcnt<u64>(o0) + popcnt<u64>(o1) + popcnt<u64>(o2) + popcnt<u64>(o3));
    occupied0 = o0; occupied1 = o1; occupied2 = o2; occupied3 = o3;
  } else {
    while (at < last) {
      const place = histogram + (<u32>load<u8>(bins + load<u32>(at)) << 3);
      store<u64>(place, load<u64>(place) + load<u64>(unit));
      at += 4;
      unit += 8;
    }
  }
  const missing = load<u64>(histogram);
  const count = load<u32>(binCounts + (<usize>column << 2));
  const from = bestGain + parent;
  bestScore = from;
  if (isFew) {
    scanOccupied(column, from, 0);
    if (missing != 0) scanOccupied(column, bestScore, missing);
  } else {
    seen = scanDense(column, count, from, missing);
  }
  store<u64>(histogram, 0);
  if (isFew) {
    clearWord(occupied0, 0);
    clearWord(occupied1, 64);
    clearWord(occupied2, 128);
    clearWord(occupied3, 192);
  } else {
    memory.fill(histogram, 0, <usize>(count + 1) << 3);
  }
  return seen > 1 || (seen == 1 && missing != 0);
}

// --- random thresholds, of ranks: 65535 is missing; `order` holds the row in its lower half; the upper has one in the five bits of its class

// Writes down a border for `takeBest`.
// @ts-ignore: decorator
@inline
function offer(column: i32, threshold: f64, cut: u32, left: u64, missingLeft: u32): void {
  store<u64>(offersEnd, left);
  store<f64>(offersEnd, threshold, 8);
  store<i32>(offersEnd, column, 16);
  store<u32>(offersEnd, cut, 20);
  store<u32>(offersEnd, missingLeft, 24);
}

// The best of the borders that were offered, the earliest of equal ones: two at a time.
function takeBest(): void {
  const least = f64x2.splat(<f64>minLeaf), mask = i64x2.splat(CLASS_MASK), whole = f64x2.splat(parent);
  const a0 = f64x2.splat(t0), a1 = f64x2.splat(t1), a2 = f64x2.splat(t2);
  // What fills up an odd one has no rows to the left.
  store<u64>(offersEnd, 0);
  let best = f64x2.splat(LEAST_GAIN), places = i64x2.splat(0);
  for (let at = offers; at < offersEnd; at += 2 * OFFER_BYTES) {
    const lefts = v128.load64_lane(at + OFFER_BYTES, v128.load64_zero(at), 1);
    const l0 = toDoubles(v128.and(lefts, mask));
    const l1 = toDoubles(v128.and(i64x2.shr_u(lefts, <i32>CLASS_BITS), mask));
    const l2 = toDoubles(i64x2.shr_u(lefts, 2 * <i32>CLASS_BITS));
    const r0 = f64x2.sub(a0, l0), r1 = f64x2.sub(a1, l1), r2 = f64x2.sub(a2, l2);
    const nl = f64x2.add(f64x2.add(l0, l1), l2), nr = f64x2.add(f64x2.add(r0, r1), r2);
    const ls = f64x2.add(f64x2.add(f64x2.mul(l0, l0), f64x2.mul(l1, l1)), f64x2.mul(l2, l2));
    const rs = f64x2.add(f64x2.add(f64x2.mul(r0, r0), f64x2.mul(r1, r1)), f64x2.mul(r2, r2));
    const gains = f64x2.sub(f64x2.add(f64x2.div(ls, nl), f64x2.div(rs, nr)), whole);
    const isBetter = v128.and(f64x2.gt(gains, best), v128.and(f64x2.ge(nl, least), f64x2.ge(nr, least)));
    best = v128.bitselect(gains, best, isBetter);
    places = v128.bitselect(i64x2.replace_lane(i64x2.splat(<u64>at), 1, <u64>at + OFFER_BYTES), places, isBetter);
  }
  const gain = f64x2.extract_lane(best, 0), otherGain = f64x2.extract_lane(best, 1);
  const place = <usize>i64x2.extract_lane(places, 0), other = <usize>i64x2.extract_lane(places, 1);
  const isOther = i32(otherGain > gain) | (i32(otherGain == gain) & i32(other < place));
  const at = isOther ? other : place;
  if (at == 0) return;
  bestGain = isOther ? otherGain : gain;
  bestLeft = load<u64>(at);
  bestThreshold = load<f64>(at, 8);
  bestColumn = load<i32>(at, 16);
  bestCut = load<u32>(at, 20);
  bestMissingLeft = load<u32>(at, 24) != 0;
}

function sumLanes(counts: v128): u32 {
  const pairs = i32x4.extadd_pairwise_i16x8_u(counts);
  return i32x4.extract_lane(pairs, 0) + i32x4.extract_lane(pairs, 1) + i32x4.extract_lane(pairs, 2) + i32x4.extract_lane(pairs, 3);
}

// How many values of a column are not above the threshold: src/model/trees/value-buckets.ts says where to look for it.
function countUpTo(threshold: f64, column: i32): u32 {
  const firstBucket = load<u32>(bucketStarts + (<usize>column << 2));
  const last = <f64>(load<u32>(bucketStarts + (<usize>column << 2), 4) - firstBucket - 2);
  const place = (threshold - load<f64>(lowestValues + (<usize>column << 3))) * load<f64>(bucketScales + (<usize>column << 3));
  const bucket = bucketFirsts + (<usize>(firstBucket + <u32>(place > 0 ? (place < last ? place : last) : 0)) << 1);
  const known = distinct + (<usize>load<u32>(distinctStarts + (<usize>column << 2)) << 3);
  let low = <u32>load<u16>(bucket), count = <u32>load<u16>(bucket, 2) - low;
  while (count > 0) {
    const half = (count + 1) >>> 1;
    low += select<u32>(half, 0, load<f64>(known + (<usize>(low + half - 1) << 3)) <= threshold);
    count -= half;
  }
  return low;
}

// Classes of the node's rows, packed, whose gathered rank is from `least` to `most`. Each lane counts three classes in five
// bits apiece, 31 rows at most, before they are added up.
function countRanks(least: u32, most: u32, count: u32): u64 {
  const from = i16x8.splat(<i16>least), span = i16x8.splat(<i16>(most - least)), low = i16x8.splat(31);
  let first = i16x8.splat(0), second = first, third = first;
  let at = gathered, unit = spareUnits;
  const last = at + ((<usize>(count + 7) & ~7) << 1);
  while (at < last) {
    const stop = min<usize>(at + 31 * 16, last);
    let sums = i16x8.splat(0);
    while (at < stop) {
      sums = i16x8.add(sums, v128.and(v128.load(unit), i16x8.le_u(i16x8.sub(v128.load(at), from), span)));
      at += 16;
      unit += 16;
    }
    first = i16x8.add(first, v128.and(sums, low));
    second = i16x8.add(second, v128.and(i16x8.shr_u(sums, 5), low));
    third = i16x8.add(third, i16x8.shr_u(sums, 10));
  }
  return <u64>sumLanes(first) | (<u64>sumLanes(second) << CLASS_BITS) | (<u64>sumLanes(third) << (2 * CLASS_BITS));
}

let lowest: u32 = 0, highest: u32 = 0, highestNext: u32 = 0;

// Collects the ranks of the node's rows and their extremes: the highest of all, and one more than that of known values.
function gather(ranks: usize, begin: u32, end: u32): void {
  let at = order + (<usize>begin << 2), to = gathered;
  const last = order + (<usize>end << 2);
  let low: u32 = MISSING, high: u32 = 0, next: u32 = 0;
  const wide = at + ((<usize>(end - begin) & ~7) << 2);
  let lows = i16x8.splat(-1), highs = i16x8.splat(0), nexts = highs;
  const one = i16x8.splat(1);
  while (at < wide) {
    let a = v128.load16_lane(ranks + (<usize>load<u16>(at) << 1), i16x8.splat(0), 0);
    let b = v128.load16_lane(ranks + (<usize>load<u16>(at, 16) << 1), i16x8.splat(0), 4);
    a = v128.load16_lane(ranks + (<usize>load<u16>(at, 4) << 1), a, 1);
    b = v128.load16_lane(ranks + (<usize>load<u16>(at, 20) << 1), b, 5);
    a = v128.load16_lane(ranks + (<usize>load<u16>(at, 8) << 1), a, 2);
    b = v128.load16_lane(ranks + (<usize>load<u16>(at, 24) << 1), b, 6);
    a = v128.load16_lane(ranks + (<usize>load<u16>(at, 12) << 1), a, 3);
    b = v128.load16_lane(ranks + (<usize>load<u16>(at, 28) << 1), b, 7);
    const here = v128.or(a, b);
    v128.store(to, here);
    lows = i16x8.min_u(lows, here);
    highs = i16x8.max_u(highs, here);
    nexts = i16x8.max_u(nexts, i16x8.add(here, one));
    at += 32;
    to += 16;
  }
  low = lowestLane(lows);
  high = highestLane(highs);
  next = highestLane(nexts);
  while (at < last) {
    const rank = <u32>load<u16>(ranks + (<usize>load<u16>(at) << 1));
    store<u16>(to, <u16>rank);
    low = min<u32>(low, rank);
    high = max<u32>(high, rank);
    next = max<u32>(next, (rank + 1) & 65535);
    at += 4;
    to += 2;
  }
  lowest = low;
  highest = high;
  highestNext = next;
}

function lowestLane(lanes: v128): u32 {
  const four = i16x8.min_u(lanes, i8x16.shuffle(lanes, lanes, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  const two = i16x8.min_u(four, i8x16.shuffle(four, four, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3));
  return min<u32>(i16x8.extract_lane_u(two, 0), i16x8.extract_lane_u(two, 1));
}

function highestLane(lanes: v128): u32 {
  const four = i16x8.max_u(lanes, i8x16.shuffle(lanes, lanes, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  const two = i16x8.max_u(four, i8x16.shuffle(four, four, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3));
  return max<u32>(i16x8.extract_lane_u(two, 0), i16x8.extract_lane_u(two, 1));
}

// One threshold between the column's extremes in a node of many rows. Returns whether it tells any of the rows apart.
function tryRanks(column: i32, begin: u32, end: u32): bool {
  const count = end - begin;
  gather(values + ((<usize>column * <usize>rows) << 1), begin, end);
  const isMissing = highest == MISSING;
  if (highestNext <= lowest + 1 && (!isMissing || lowest == MISSING)) return false;
  const known = distinct + (<usize>load<u32>(distinctStarts + (<usize>column << 2)) << 3);
  const low = load<f64>(known + (<usize>lowest << 3)), high = load<f64>(known + (<usize>(highestNext - 1) << 3));
  let threshold = low + (<f64>random() / 4294967296) * (high - low);
  if (!(threshold < high)) threshold = low;
  const cut = countUpTo(threshold, column) - 1;
  const left = countRanks(0, cut, count);
  offer(column, threshold, cut, left, 0);
  offersEnd += OFFER_BYTES;
  if (isMissing) {
    offer(column, threshold, cut, left + countRanks(MISSING, MISSING, count), 1);
    offersEnd += OFFER_BYTES;
  }
  return true;
}

// The classes of a node of many rows, which all columns read. What fills up eight is none.
function collectUnits(begin: u32, end: u32): void {
  let at = order + (<usize>begin << 2), to = spareUnits;
  const last = order + (<usize>end << 2), wide = at + ((<usize>(end - begin) & ~7) << 2);
  while (at < wide) {
    v128.store(to, i16x8.narrow_i32x4_u(i32x4.shr_u(v128.load(at), 16), i32x4.shr_u(v128.load(at, 16), 16)));
    at += 32;
    to += 16;
  }
  v128.store(to, i16x8.splat(0));
  while (at < last) {
    store<u16>(to, load<u16>(at, 2));
    at += 4;
    to += 2;
  }
}

// A row's class as in counts of nodes.
// @ts-ignore: decorator
@inline
function widened(unit: u64): u64 {
  return (unit & 31) | ((unit & (31 << 5)) << 16) | ((unit & (31 << 10)) << 32);
}

// What all columns of a node of few rows read: where each row's values stand, and its class, packed. A row's values stand
// together, as the nodes below read them again.
function collectPlaces(begin: u32, end: u32): usize {
  const bytes = rowBytes, last = order + (<usize>end << 2);
  let place = spareOrder, unit = spareUnits;
  for (let at = order + (<usize>begin << 2); at < last; at += 4) {
    store<u32>(place, <u32>load<u16>(at) * bytes);
    store<u64>(unit, widened(<u64>load<u16>(at, 2)));
    place += 4;
    unit += 8;
  }
  return unit;
}

// Draws some columns from the `drawn`th on, and a random number for each, as if all told rows apart.
function drawColumns(drawn: u32, count: u32, columns: u32): void {
  for (let i: u32 = 0; i < count; i++, drawn++) {
    const one = candidates + (<usize>(drawn + below(columns - drawn)) << 2), place = group + (<usize>i << 2);
    store<i32>(place, swap(one, candidates + (<usize>drawn << 2)));
    store<u32>(place, <u32>one, 16);
    store<f64>(group + (<usize>i << 3), <f64>random() / 4294967296, 32);
  }
  for (let i = count; i < GROUP; i++) store<u32>(group + (<usize>i << 2), load<u32>(group));
}

// Puts back what was drawn after the `kept`th column, which told no rows apart and needed no random number.
function undoDraws(drawn: u32, kept: u32, count: u32, a: u32, b: u32, c: u32, steps: u32): void {
  for (let i = count - 1; i > kept; i--) {
    swap(<usize>load<u32>(group + (<usize>i << 2), 16), candidates + (<usize>(drawn + i) << 2));
  }
  ra = a;
  rb = b;
  rc = c;
  counter = steps;
  for (let i: u32 = 0; i < 2 * kept + 1; i++) random();
}

// @ts-ignore: decorator
@inline
function thresholdsOf(low: v128, high: v128, numbers: v128): v128 {
  const between = f64x2.add(low, f64x2.mul(numbers, f64x2.sub(high, low)));
  return v128.bitselect(between, low, f64x2.lt(between, high));
}

// @ts-ignore: decorator
@inline
function pairAt(place: usize, first: usize, second: usize): v128 {
  return v128.load64_lane(place + second, v128.load64_zero(place + first), 1);
}

// Thresholds of up to four columns, which were drawn as one group, in a node of few rows whose units end at `last`.
// Returns how many tell rows apart before the first one that does not.
function tryGroup(count: u32, last: usize): u32 {
  const c0 = <usize>load<u32>(group) << 3, c1 = <usize>load<u32>(group, 4) << 3;
  const c2 = <usize>load<u32>(group, 8) << 3, c3 = <usize>load<u32>(group, 12) << 3;
  let lowA = f64x2.splat(Infinity), highA = f64x2.splat(-Infinity), lowB = lowA, highB = highA;
  let place = spareOrder, to = gathered;
  for (let unit = spareUnits; unit < last; unit += 8) {
    const row = numbers + <usize>load<u32>(place);
    const a = pairAt(row, c0, c1), b = pairAt(row, c2, c3);
    v128.store(to, a);
    v128.store(to, b, 16);
    // What is missing is no extreme.
    lowA = f64x2.pmin(lowA, a);
    highA = f64x2.pmax(highA, a);
    lowB = f64x2.pmin(lowB, b);
    highB = f64x2.pmax(highB, b);
    place += 4;
    to += 32;
  }
  const thresholdA = thresholdsOf(lowA, highA, v128.load(group, 32)), thresholdB = thresholdsOf(lowB, highB, v128.load(group, 48));
  let leftA = i64x2.splat(0), knownA = leftA, leftB = leftA, knownB = leftA, at = gathered;
  for (let unit = spareUnits; unit < last; unit += 8) {
    const own = v128.load64_splat(unit), a = v128.load(at), b = v128.load(at, 16);
    leftA = i64x2.add(leftA, v128.and(own, f64x2.le(a, thresholdA)));
    leftB = i64x2.add(leftB, v128.and(own, f64x2.le(b, thresholdB)));
    knownA = i64x2.add(knownA, v128.and(own, f64x2.eq(a, a)));
    knownB = i64x2.add(knownB, v128.and(own, f64x2.eq(b, b)));
    at += 32;
  }
  v128.store(group, thresholdA, 32);
  v128.store(group, thresholdB, 48);
  v128.store(group, leftA, 64);
  v128.store(group, leftB, 80);
  v128.store(group, i64x2.sub(i64x2.splat(nodeCounts), knownA), 96);
  v128.store(group, i64x2.sub(i64x2.splat(nodeCounts), knownB), 112);
  const apart = i64x2.bitmask(f64x2.lt(lowA, highA)) | (i64x2.bitmask(f64x2.lt(lowB, highB)) << 2);
  for (let i: u32 = 0; i < count; i++) {
    const place = group + (<usize>i << 3), missing = load<u64>(place, 96);
    if (!((apart >>> i) & 1) && (missing == 0 || missing == nodeCounts)) return i;
    const column = load<i32>(group + (<usize>i << 2)), threshold = load<f64>(place, 32), left = load<u64>(place, 64);
    offer(column, threshold, 0, left, 0);
    offersEnd += OFFER_BYTES;
    offer(column, threshold, 0, left + missing, 1);
    offersEnd += missing == 0 ? 0 : OFFER_BYTES;
  }
  return count;
}

// Thresholds of as many columns as are tried, in a node of few rows.
function tryFew(begin: u32, end: u32, columns: u32, tried: u32): void {
  const last = collectPlaces(begin, end);
  for (let drawn: u32 = 0, useful: u32 = 0; drawn < columns && useful < tried; ) {
    const a = ra, b = rb, c = rc, steps = counter;
    const count = min<u32>(min<u32>(tried - useful, columns - drawn), GROUP);
    drawColumns(drawn, count, columns);
    const kept = tryGroup(count, last);
    if (kept < count) undoDraws(drawn, kept, count, a, b, c, steps);
    useful += kept;
    drawn += kept + u32(kept < count);
  }
}

// --- dividing a node's rows, in order

function divideBins(column: i32, begin: u32, end: u32): u32 {
  const bins = values + <usize>column * <usize>rows;
  const least: u32 = bestMissingLeft ? 0 : 1, span = bestCut - least;
  let left = <usize>begin, right: usize = 0;
  for (let i = <usize>begin; i < <usize>end; i++) {
    const row = load<u32>(order + (i << 2)), unit = load<u64>(units + (i << 3));
    const goes = <u32>load<u8>(bins + row) - least <= span;
    store<u32>(order + (left << 2), row);
    store<u64>(units + (left << 3), unit);
    store<u32>(spareOrder + (right << 2), row);
    store<u64>(spareUnits + (right << 3), unit);
    left += <usize>goes;
    right += <usize>!goes;
  }
  memory.copy(order + (left << 2), spareOrder, right << 2);
  memory.copy(units + (left << 3), spareUnits, right << 3);
  return <u32>left;
}

function divideRanks(column: i32, begin: u32, end: u32): u32 {
  const ranks = values + ((<usize>column * <usize>rows) << 1);
  // One added wraps what is missing to 0.
  const least: u32 = bestMissingLeft ? 0 : 1, span = bestCut + 1 - least;
  let at = order + (<usize>begin << 2), left = at, right = spareOrder;
  const last = order + (<usize>end << 2), wide = at + ((<usize>(end - begin) & ~3) << 2);
  const none = i32x4.splat(0), one = i32x4.splat(1), known = i32x4.splat(65535);
  const leasts = i32x4.splat(least), spans = i32x4.splat(span);
  while (at < wide) {
    const four = v128.load(at);
    let found = v128.load16_lane(ranks + (<usize>load<u16>(at) << 1), none, 0);
    found = v128.load16_lane(ranks + (<usize>load<u16>(at, 4) << 1), found, 2);
    found = v128.load16_lane(ranks + (<usize>load<u16>(at, 8) << 1), found, 4);
    found = v128.load16_lane(ranks + (<usize>load<u16>(at, 12) << 1), found, 6);
    const lanes = i32x4.bitmask(i32x4.le_u(i32x4.sub(v128.and(i32x4.add(found, one), known), leasts), spans));
    v128.store(left, i8x16.swizzle(four, v128.load(selections + (<usize>lanes << 4))));
    v128.store(right, i8x16.swizzle(four, v128.load(selections + (<usize>(15 - lanes) << 4))));
    const goes = <usize>popcnt<u32>(lanes) << 2;
    left += goes;
    right += 16 - goes;
    at += 16;
  }
  while (at < last) {
    const row = load<u32>(at);
    const goes = <usize>(((<u32>load<u16>(ranks + (<usize>(row & 65535) << 1)) + 1) & 65535) - least <= span);
    store<u32>(left, row);
    store<u32>(right, row);
    left += goes << 2;
    right += 4 - (goes << 2);
    at += 4;
  }
  memory.copy(left, spareOrder, right - spareOrder);
  return <u32>((left - order) >> 2);
}

function divideNumbers(column: i32, begin: u32, end: u32): u32 {
  const own = numbers + (<usize>column << 3), bytes = rowBytes;
  const threshold = bestThreshold, missingLeft = u32(bestMissingLeft);
  const border = f64x2.splat(threshold), missing = i64x2.splat(bestMissingLeft ? -1 : 0);
  let at = order + (<usize>begin << 2), left = at, right = spareOrder;
  const last = order + (<usize>end << 2), wide = at + ((<usize>(end - begin) & ~3) << 2);
  while (at < wide) {
    const four = v128.load(at);
    const a = pairAt(own, <usize>((<u32>load<u16>(at)) * bytes), <usize>((<u32>load<u16>(at, 4)) * bytes));
    const b = pairAt(own, <usize>((<u32>load<u16>(at, 8)) * bytes), <usize>((<u32>load<u16>(at, 12)) * bytes));
    const goLeftA = v128.or(f64x2.le(a, border), v128.and(f64x2.ne(a, a), missing));
    const goLeftB = v128.or(f64x2.le(b, border), v128.and(f64x2.ne(b, b), missing));
    const lanes = i64x2.bitmask(goLeftA) | (i64x2.bitmask(goLeftB) << 2);
    v128.store(left, i8x16.swizzle(four, v128.load(selections + (<usize>lanes << 4))));
    v128.store(right, i8x16.swizzle(four, v128.load(selections + (<usize>(15 - lanes) << 4))));
    const goes = <usize>popcnt<u32>(lanes) << 2;
    left += goes;
    right += 16 - goes;
    at += 16;
  }
  while (at < last) {
    const row = load<u32>(at);
    const value = load<f64>(own + <usize>((row & 65535) * bytes));
    const goes = <usize>(u32(value <= threshold) | (u32(value != value) & missingLeft));
    store<u32>(left, row);
    store<u32>(right, row);
    left += goes << 2;
    right += 4 - (goes << 2);
    at += 4;
  }
  const middle = <u32>((left - order) >> 2);
  for (let from = spareOrder; from < right; from += 4) {
    store<u32>(left, load<u32>(from));
    left += 4;
  }
  return middle;
}

// --- rows of a tree

// A bootstrap sample: each row that was drawn once, ascending, with as many counts of its class as it was drawn.
function drawRows(labels: usize): u32 {
  memory.fill(spareOrder, 0, <usize>rows << 2);
  for (let i: u32 = 0; i < rows; i++) {
    const place = spareOrder + (<usize>below(rows) << 2);
    store<u32>(place, load<u32>(place) + 1);
  }
  let drawn: usize = 0;
  for (let row: usize = 0; row < <usize>rows; row++) {
    const times = load<u32>(spareOrder + (row << 2));
    if (times == 0) continue;
    store<u32>(order + (drawn << 2), <u32>row);
    store<u64>(units + (drawn << 3), <u64>times << (CLASS_BITS * <u64>load<u8>(labels + row)));
    drawn++;
  }
  return <u32>drawn;
}

function takeRows(labels: usize): u32 {
  for (let row: usize = 0; row < <usize>rows; row++) {
    store<u32>(order + (row << 2), <u32>row | ((<u32>1) << (16 + 5 * <u32>load<u8>(labels + row))));
  }
  return rows;
}

function countAll(used: u32, isBest: bool): u64 {
  let total: u64 = 0;
  for (let i: usize = 0; i < <usize>used; i++) {
    total += isBest ? load<u64>(units + (i << 3)) : widened(<u64>load<u16>(order + (i << 2), 2));
  }
  return total;
}

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
  rows = field(task, 1);
  const columns = field(task, 2), tried = field(task, 3), minSplit = field(task, 5), maxDepth = field(task, 6);
  minLeaf = field(task, 4);
  rowBytes = columns << 3;
  const labels = field(task, 8), stack = field(task, 10);
  const features = field(task, 11), thresholds = field(task, 12), lefts = field(task, 13), rights = field(task, 14);
  const missingLefts = field(task, 15);
  candidates = field(task, 9);
  let shares = field(task, 16);
  values = field(task, 17);
  binCounts = field(task, 18);
  distinct = field(task, 19);
  distinctStarts = field(task, 20);
  order = field(task, 21);
  spareOrder = field(task, 22);
  units = field(task, 23);
  spareUnits = field(task, 24);
  gathered = field(task, 25);
  histogram = field(task, 26);
  numbers = field(task, 27);
  const classes = field(task, 28);
  bucketStarts = field(task, 29);
  bucketFirsts = field(task, 30);
  lowestValues = field(task, 31);
  bucketScales = field(task, 32);
  const importance = field(task, 33);
  group = field(task, 34);
  offers = field(task, 35);
  selections = field(task, 36);
  seedRandom(field(task, 7), stream);
  for (let column: u32 = 0; column < columns; column++) store<u32>(candidates + (<usize>column << 2), column);
  const used = isBest ? drawRows(labels) : takeRows(labels);
  let made: u32 = 1, value = firstValue, top = stack;
  push(top, 0, 0, used, 0, countAll(used, isBest));
  top += PENDING_BYTES;
  while (top > stack) {
    top -= PENDING_BYTES;
    const node = load<u32>(top), begin = load<u32>(top, 4), end = load<u32>(top, 8), depth = load<u32>(top, 12);
    const word = <usize>node << 2;
    nodeCounts = load<u64>(top, 16);
    t0 = <f64>ofClass(nodeCounts, 0);
    t1 = <f64>ofClass(nodeCounts, 1);
    t2 = <f64>ofClass(nodeCounts, 2);
    whole = t0 + t1 + t2;
    bestColumn = -1;
    const isFew = end - begin < MANY_ROWS;
    if (t0 != whole && t1 != whole && t2 != whole && whole >= <f64>minSplit && depth < maxDepth) {
      parent = (t0 * t0 + t1 * t1 + t2 * t2) / whole;
      bestGain = LEAST_GAIN;
      offersEnd = offers;
      if (!isBest && isFew) {
        tryFew(begin, end, columns, tried);
      } else {
        if (!isBest) collectUnits(begin, end);
        for (let drawn: u32 = 0, useful: u32 = 0; drawn < columns && useful < tried; drawn++) {
          const one = candidates + (<usize>(drawn + below(columns - drawn)) << 2);
          const column = swap(one, candidates + (<usize>drawn << 2));
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
