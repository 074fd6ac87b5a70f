// Random thresholds in a node of few rows, of four columns at a time: a row's values stand together, so that one walk over the
// rows serves them all.

import { drawColumn, drawnColumn, putBack } from './candidates';
import { widened } from './class-counts';
import { gathered, group, nodeCounts, numbers, order, pairAt, rowBytes, spareOrder, spareUnits } from './node';
import { offer } from './offers';
import { keepPlace, random, returnTo } from './random';

const GROUP: u32 = 4;

// What all columns read: where each row's values stand, and its class, packed.
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
    const stood = drawColumn(drawn, columns), place = group + (<usize>i << 2);
    store<i32>(place, drawnColumn(drawn));
    store<u32>(place, <u32>stood, 16);
    store<f64>(group + (<usize>i << 3), <f64>random() / 4294967296, 32);
  }
  for (let i = count; i < GROUP; i++) store<u32>(group + (<usize>i << 2), load<u32>(group));
}

// Puts back what was drawn after the `kept`th column, which told no rows apart and needed no random number.
function undoDraws(drawn: u32, kept: u32, count: u32): void {
  for (let i = count - 1; i > kept; i--) putBack(drawn + i, <usize>load<u32>(group + (<usize>i << 2), 16));
  returnTo(2 * kept + 1);
}

// @ts-ignore: decorator
@inline
function thresholdsOf(low: v128, high: v128, numbers: v128): v128 {
  const between = f64x2.add(low, f64x2.mul(numbers, f64x2.sub(high, low)));
  return v128.bitselect(between, low, f64x2.lt(between, high));
}

// Thresholds of up to four columns, which were drawn as one group; the units of the node's rows end at `last`. Returns how many
// tell rows apart before the first one that does not.
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
  const thresholdA = thresholdsOf(lowA, highA, v128.load(group, 32));
  const thresholdB = thresholdsOf(lowB, highB, v128.load(group, 48));
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
    offer(column, threshold, 0, left, missing);
  }
  return count;
}

// Thresholds of as many columns as are tried.
export function tryFew(begin: u32, end: u32, columns: u32, tried: u32): void {
  const last = collectPlaces(begin, end);
  for (let drawn: u32 = 0, useful: u32 = 0; drawn < columns && useful < tried; ) {
    keepPlace();
    const count = min<u32>(min<u32>(tried - useful, columns - drawn), GROUP);
    drawColumns(drawn, count, columns);
    const kept = tryGroup(count, last);
    if (kept < count) undoDraws(drawn, kept, count);
    useful += kept;
    drawn += kept + u32(kept < count);
  }
}
