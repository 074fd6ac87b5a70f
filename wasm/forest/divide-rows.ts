// Dividing a node's rows by its best split: those of the left side first, both in the order they were in.

import { bestCut, bestMissingLeft, bestThreshold } from './node';
import { numbers, order, pairAt, rowBytes, rows, selections, spareOrder, spareUnits, units, values } from './node';

export function divideBins(column: i32, begin: u32, end: u32): u32 {
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

// Puts four rows where they go, of which `lanes` go left, whatever stands behind them there. Returns the bytes that went left.
// @ts-ignore: decorator
@inline
function putFour(four: v128, lanes: i32, left: usize, right: usize): usize {
  v128.store(left, i8x16.swizzle(four, v128.load(selections + (<usize>lanes << 4))));
  v128.store(right, i8x16.swizzle(four, v128.load(selections + (<usize>(15 - lanes) << 4))));
  return <usize>popcnt<u32>(lanes) << 2;
}

// Puts one row where it goes. Returns the bytes that went left.
// @ts-ignore: decorator
@inline
function putOne(row: u32, goesLeft: u32, left: usize, right: usize): usize {
  store<u32>(left, row);
  store<u32>(right, row);
  return <usize>goesLeft << 2;
}

export function divideRanks(column: i32, begin: u32, end: u32): u32 {
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
    const gone = putFour(four, lanes, left, right);
    left += gone;
    right += 16 - gone;
    at += 16;
  }
  while (at < last) {
    const row = load<u32>(at);
    const goes = u32(((<u32>load<u16>(ranks + (<usize>(row & 65535) << 1)) + 1) & 65535) - least <= span);
    const gone = putOne(row, goes, left, right);
    left += gone;
    right += 4 - gone;
    at += 4;
  }
  memory.copy(left, spareOrder, right - spareOrder);
  return <u32>((left - order) >> 2);
}

export function divideNumbers(column: i32, begin: u32, end: u32): u32 {
  const own = numbers + (<usize>column << 3), bytes = rowBytes;
  const threshold = bestThreshold, missingLeft = u32(bestMissingLeft);
  const border = f64x2.splat(threshold), missing = i64x2.splat(bestMissingLeft ? -1 : 0);
  let at = order + (<usize>begin << 2), left = at, right = spareOrder;
  const last = order + (<usize>end << 2), wide = at + ((<usize>(end - begin) & ~3) << 2);
  while (at < wide) {
    const four = v128.load(at);
    const a = pairAt(own, <usize>(<u32>load<u16>(at) * bytes), <usize>(<u32>load<u16>(at, 4) * bytes));
    const b = pairAt(own, <usize>(<u32>load<u16>(at, 8) * bytes), <usize>(<u32>load<u16>(at, 12) * bytes));
    const goLeftA = v128.or(f64x2.le(a, border), v128.and(f64x2.ne(a, a), missing));
    const goLeftB = v128.or(f64x2.le(b, border), v128.and(f64x2.ne(b, b), missing));
    const lanes = i64x2.bitmask(goLeftA) | (i64x2.bitmask(goLeftB) << 2);
    const gone = putFour(four, lanes, left, right);
    left += gone;
    right += 16 - gone;
    at += 16;
  }
  while (at < last) {
    const row = load<u32>(at);
    const value = load<f64>(own + <usize>((row & 65535) * bytes));
    const goes = u32(value <= threshold) | (u32(value != value) & missingLeft);
    const gone = putOne(row, goes, left, right);
    left += gone;
    right += 4 - gone;
    at += 4;
  }
  const middle = <u32>((left - order) >> 2);
  for (let from = spareOrder; from < right; from += 4) {
    store<u32>(left, load<u32>(from));
    left += 4;
  }
  return middle;
}
