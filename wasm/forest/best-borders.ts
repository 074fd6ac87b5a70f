// Best splits, of bins and packed counts: every border of a column.

import { CLASS_BITS, CLASS_MASK, toDoubles } from './class-counts';
import { bestGain, binCounts, histogram, minLeaf, order, parent, rows, setBest, t0, t1, t2, units, values, whole } from './node';

// Below so many rows, bins that hold some are marked and the others not looked at.
const FEW_ROWS: u32 = 256;

let bestScore: f64 = 0;

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
  bestScore = score;
  setBest(column, bin, 0, missingLeft, left, score - parent);
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
export function tryBorders(column: i32, begin: u32, end: u32): bool {
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
