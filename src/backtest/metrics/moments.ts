/** Arithmetic mean; NaN of nothing. */
export function mean(values: Float64Array): number {
  let sum = 0;
  for (const x of values) sum += x;
  return sum / values.length;
}

/** Sample standard deviation (n - 1); NaN of fewer than two. */
export function standardDeviation(values: Float64Array): number {
  const center = mean(values);
  let squares = 0;
  for (const x of values) squares += (x - center) ** 2;
  return values.length < 2 ? Number.NaN : Math.sqrt(squares / (values.length - 1));
}

/** Skewness g1 and kurtosis (3 of a normal distribution) from central moments; of constant values 0 and 3. */
export function shape(values: Float64Array): { readonly skewness: number; readonly kurtosis: number } {
  const center = mean(values);
  let second = 0;
  let third = 0;
  let fourth = 0;
  for (const x of values) {
    const d = x - center;
    second += d ** 2;
    third += d ** 3;
    fourth += d ** 4;
  }
  const n = values.length;
  const variance = second / n;
  if (!(variance > 0)) return { skewness: 0, kurtosis: 3 };
  return { skewness: third / n / variance ** 1.5, kurtosis: fourth / n / variance ** 2 };
}
