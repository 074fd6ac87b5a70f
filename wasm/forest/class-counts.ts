// Counts of three classes in one 64-bit number.

export const CLASS_BITS: u64 = 21;
export const CLASS_MASK: u64 = (1 << 21) - 1;

// @ts-ignore: decorator
@inline
export function ofClass(packed: u64, label: u64): u32 {
  return <u32>((packed >> (CLASS_BITS * label)) & CLASS_MASK);
}

// A row's class as in counts of nodes.
// @ts-ignore: decorator
@inline
export function widened(unit: u64): u64 {
  return (unit & 31) | ((unit & (31 << 5)) << 16) | ((unit & (31 << 10)) << 32);
}

// Whole numbers below 2^52 as doubles.
// @ts-ignore: decorator
@inline
export function toDoubles(numbers: v128): v128 {
  const magic = i64x2.splat(0x4330000000000000);
  return f64x2.sub(v128.or(numbers, magic), f64x2.splat(4503599627370496));
}
