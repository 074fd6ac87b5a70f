/** Sum of products of `count` numbers from two offsets, in four partial sums so that additions need not wait for each other. */
export function dotAt(a: Float64Array, atA: number, b: Float64Array, atB: number, count: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let i = 0;
  for (const end = count - 3; i < end; i += 4) {
    s0 += a[atA + i]! * b[atB + i]!;
    s1 += a[atA + i + 1]! * b[atB + i + 1]!;
    s2 += a[atA + i + 2]! * b[atB + i + 2]!;
    s3 += a[atA + i + 3]! * b[atB + i + 3]!;
  }
  for (; i < count; i++) s0 += a[atA + i]! * b[atB + i]!;
  return s0 + s1 + (s2 + s3);
}

export const dot = (a: Float64Array, b: Float64Array): number => dotAt(a, 0, b, 0, a.length);
