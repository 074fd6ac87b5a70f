// Random thresholds in a node of many rows, by the ranks of its values: 65535 is a missing one. `order` holds a row in its
// lower half; in the upper is a one in the five bits of its class.

import { CLASS_BITS } from './class-counts';
import { bucketFirsts, bucketScales, bucketStarts, distinct, distinctStarts, lowestValues } from './node';
import { gathered, order, rows, spareUnits, values } from './node';
import { offer } from './offers';
import { random } from './random';

const MISSING: u32 = 65535;

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
  let low = lowestLane(lows), high = highestLane(highs), next = highestLane(nexts);
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

// One threshold between the column's extremes. Returns whether it tells any of the rows apart.
export function tryRanks(column: i32, begin: u32, end: u32): bool {
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
  offer(column, threshold, cut, left, isMissing ? countRanks(MISSING, MISSING, count) : 0);
  return true;
}

// The classes of the node's rows, which all columns read. What fills up eight is none.
export function collectUnits(begin: u32, end: u32): void {
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
