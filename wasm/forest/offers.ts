// Borders between the rows of a node that random thresholds offer: written down as they are drawn, compared at its end. No
// processor foresees which of them will be the best.

import { CLASS_BITS, CLASS_MASK, toDoubles } from './class-counts';
import { LEAST_GAIN, minLeaf, offers, parent, setBest, t0, t1, t2 } from './node';

const OFFER_BYTES: usize = 32;

let offersEnd: usize = 0;

export function clearOffers(): void {
  offersEnd = offers;
}

// Offers a border twice where values are missing, which may go to either side. `cut` as in `bestCut`.
// @ts-ignore: decorator
@inline
export function offer(column: i32, threshold: f64, cut: u32, left: u64, missing: u64): void {
  write(offersEnd, column, threshold, cut, left, 0);
  write(offersEnd + OFFER_BYTES, column, threshold, cut, left + missing, 1);
  offersEnd += missing == 0 ? OFFER_BYTES : 2 * OFFER_BYTES;
}

// @ts-ignore: decorator
@inline
function write(at: usize, column: i32, threshold: f64, cut: u32, left: u64, missingLeft: u32): void {
  store<u64>(at, left);
  store<f64>(at, threshold, 8);
  store<i32>(at, column, 16);
  store<u32>(at, cut, 20);
  store<u32>(at, missingLeft, 24);
}

// The best of the borders that were offered, the earliest of equal ones: two at a time.
export function takeBest(): void {
  const least = f64x2.splat(<f64>minLeaf), mask = i64x2.splat(CLASS_MASK), before = f64x2.splat(parent);
  const a0 = f64x2.splat(t0), a1 = f64x2.splat(t1), a2 = f64x2.splat(t2);
  // What fills up an odd one has no rows to the left.
  store<u64>(offersEnd, 0);
  let most = f64x2.splat(LEAST_GAIN), places = i64x2.splat(0);
  for (let at = offers; at < offersEnd; at += 2 * OFFER_BYTES) {
    const lefts = v128.load64_lane(at + OFFER_BYTES, v128.load64_zero(at), 1);
    const l0 = toDoubles(v128.and(lefts, mask));
    const l1 = toDoubles(v128.and(i64x2.shr_u(lefts, <i32>CLASS_BITS), mask));
    const l2 = toDoubles(i64x2.shr_u(lefts, 2 * <i32>CLASS_BITS));
    const r0 = f64x2.sub(a0, l0), r1 = f64x2.sub(a1, l1), r2 = f64x2.sub(a2, l2);
    const nl = f64x2.add(f64x2.add(l0, l1), l2), nr = f64x2.add(f64x2.add(r0, r1), r2);
    const ls = f64x2.add(f64x2.add(f64x2.mul(l0, l0), f64x2.mul(l1, l1)), f64x2.mul(l2, l2));
    const rs = f64x2.add(f64x2.add(f64x2.mul(r0, r0), f64x2.mul(r1, r1)), f64x2.mul(r2, r2));
    const gains = f64x2.sub(f64x2.add(f64x2.div(ls, nl), f64x2.div(rs, nr)), before);
    const isBetter = v128.and(f64x2.gt(gains, most), v128.and(f64x2.ge(nl, least), f64x2.ge(nr, least)));
    most = v128.bitselect(gains, most, isBetter);
    places = v128.bitselect(i64x2.replace_lane(i64x2.splat(<u64>at), 1, <u64>at + OFFER_BYTES), places, isBetter);
  }
  const gain = f64x2.extract_lane(most, 0), otherGain = f64x2.extract_lane(most, 1);
  const place = <usize>i64x2.extract_lane(places, 0), other = <usize>i64x2.extract_lane(places, 1);
  const isOther = i32(otherGain > gain) | (i32(otherGain == gain) & i32(other < place));
  const at = isOther ? other : place;
  if (at == 0) return;
  const best = isOther ? otherGain : gain;
  setBest(load<i32>(at, 16), load<u32>(at, 20), load<f64>(at, 8), load<u32>(at, 24) != 0, load<u64>(at), best);
}
