// Histograms of four columns, and the best split among them. A histogram has 32 bytes for each bin: of every column its
// hessian and its gradient as 32-bit integers, so that one 64-bit addition adds a row, and the four columns are the lanes of
// a vector. src/model/trees/split-scan.ts scores a border in the same steps, each rounded to 32 bits.

// A leaf while it is scanned: best score and where it is by lane, its gradient, hessian, l2 and least hessian in every lane.
export const BEST: usize = 0;
export const PLACE: usize = 16;
const GRADIENT: usize = 32;
const HESSIAN: usize = 48;
const L2: usize = 64;
const MIN_HESSIAN: usize = 80;
export const SCAN_BYTES: usize = 96;

// A place is group, direction of the missing values and bin in one number.
export const GROUP_SHIFT: u32 = 9;
export const MISSING_LEFT: u32 = 256;

export function aim(state: usize, least: f32, gradient: i32, hessian: i32, l2: f32, minHessian: i32): void {
  v128.store(state, f32x4.splat(least));
  v128.store(state, i32x4.splat(0), PLACE);
  v128.store(state, i32x4.splat(gradient), GRADIENT);
  v128.store(state, i32x4.splat(hessian), HESSIAN);
  v128.store(state, f32x4.splat(l2), L2);
  v128.store(state, i32x4.splat(minHessian), MIN_HESSIAN);
}

export function clear(at: usize, bytes: usize): void {
  const end = at + bytes;
  for (; at < end; at += 32) {
    v128.store(at, i64x2.splat(0));
    v128.store(at, i64x2.splat(0), 16);
  }
}

export function subtract(from: usize, histogram: usize, bytes: usize): void {
  for (const end = from + bytes; from < end; from += 32, histogram += 32) {
    v128.store(from, i32x4.sub(v128.load(from), v128.load(histogram)));
    v128.store(from, i32x4.sub(v128.load(from, 16), v128.load(histogram, 16)), 16);
  }
}

export function addRows(quads: usize, order: usize, gathered: usize, count: usize, histogram: usize): void {
  for (const end = order + (count << 2); order < end; order += 4, gathered += 8) {
    const quad = load<u32>(quads + (load<u32>(order) << 2));
    const sums = load<i64>(gathered);
    const a = histogram + ((quad << 5) & 0x1fe0);
    const b = histogram + ((quad >>> 3) & 0x1fe0);
    const c = histogram + ((quad >>> 11) & 0x1fe0);
    const d = histogram + ((quad >>> 19) & 0x1fe0);
    store<i64>(a, load<i64>(a) + sums);
    store<i64>(b, load<i64>(b, 8) + sums, 8);
    store<i64>(c, load<i64>(c, 16) + sums, 16);
    store<i64>(d, load<i64>(d, 24) + sums, 24);
  }
}

// Which lanes have sides that are large enough.
// @ts-ignore: decorator
@inline
function legal(hl: v128, hessian: v128, least: v128): v128 {
  return i32x4.ge_s(i32x4.min_s(hl, i32x4.sub(hessian, hl)), least);
}

// @ts-ignore: decorator
@inline
function score(hl: v128, gl: v128, hessian: v128, gradient: v128, l2: v128): v128 {
  const a = f32x4.add(f32x4.convert_i32x4_s(hl), l2);
  const b = f32x4.add(f32x4.convert_i32x4_s(i32x4.sub(hessian, hl)), l2);
  const gr = i32x4.sub(gradient, gl);
  const excess = f32x4.sub(f32x4.mul(f32x4.convert_i32x4_s(gl), b), f32x4.mul(f32x4.convert_i32x4_s(gr), a));
  return f32x4.mul(excess, f32x4.div(excess, f32x4.mul(a, b)));
}

// Offers every border of the four columns, with the missing rows to the left, where there are any, and to the right.
export function scan(histogram: usize, bins: u32, group: u32, state: usize): void {
  const hessian = v128.load(state, HESSIAN), gradient = v128.load(state, GRADIENT);
  const l2 = v128.load(state, L2), least = v128.load(state, MIN_HESSIAN);
  const one = i32x4.splat(1);
  let best = v128.load(state, BEST), found = v128.load(state, PLACE);
  let place = i32x4.splat(<i32>((group << GROUP_SHIFT) + 1));
  const missing01 = v128.load(histogram), missing23 = v128.load(histogram, 16);
  let left01 = i32x4.splat(0), left23 = i32x4.splat(0);
  let at = histogram + 32;
  const end = at + (<usize>bins << 5);
  if (v128.any_true(v128.or(missing01, missing23))) {
    const missingHessian = v128.shuffle<i32>(missing01, missing23, 0, 2, 4, 6);
    const missingGradient = v128.shuffle<i32>(missing01, missing23, 1, 3, 5, 7);
    const flag = i32x4.splat(<i32>MISSING_LEFT);
    for (; at < end; at += 32) {
      left01 = i32x4.add(left01, v128.load(at));
      left23 = i32x4.add(left23, v128.load(at, 16));
      const hl = v128.shuffle<i32>(left01, left23, 0, 2, 4, 6);
      const ml = i32x4.add(hl, missingHessian);
      const isLegal = legal(hl, hessian, least), isLegalWith = legal(ml, hessian, least);
      if (v128.any_true(v128.or(isLegal, isLegalWith))) {
        const gl = v128.shuffle<i32>(left01, left23, 1, 3, 5, 7);
        const withMissing = v128.and(score(ml, i32x4.add(gl, missingGradient), hessian, gradient, l2), isLegalWith);
        found = v128.bitselect(v128.or(place, flag), found, f32x4.gt(withMissing, best));
        best = f32x4.pmax(best, withMissing);
        const without = v128.and(score(hl, gl, hessian, gradient, l2), isLegal);
        found = v128.bitselect(place, found, f32x4.gt(without, best));
        best = f32x4.pmax(best, without);
      }
      place = i32x4.add(place, one);
    }
  } else {
    for (; at < end; at += 32) {
      left01 = i32x4.add(left01, v128.load(at));
      left23 = i32x4.add(left23, v128.load(at, 16));
      const hl = v128.shuffle<i32>(left01, left23, 0, 2, 4, 6);
      const isLegal = legal(hl, hessian, least);
      if (v128.any_true(isLegal)) {
        const gl = v128.shuffle<i32>(left01, left23, 1, 3, 5, 7);
        const without = v128.and(score(hl, gl, hessian, gradient, l2), isLegal);
        found = v128.bitselect(place, found, f32x4.gt(without, best));
        best = f32x4.pmax(best, without);
      }
      place = i32x4.add(place, one);
    }
  }
  v128.store(state, best, BEST);
  v128.store(state, found, PLACE);
}
