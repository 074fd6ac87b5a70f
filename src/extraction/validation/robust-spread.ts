/** Middle of finite `values` (mean of the two middle ones where their number is even), NaN where there is none. */
function median(values: ArrayLike<number>): number {
  const finite = Float64Array.from(values).filter(Number.isFinite).sort();
  if (finite.length === 0) return Number.NaN;
  const middle = finite.length >> 1;
  return finite.length % 2 === 1 ? finite[middle]! : (finite[middle - 1]! + finite[middle]!) / 2;
}

/** Makes the median absolute deviation an estimate of the standard deviation of normal data: 1 / Phi^-1(3/4). */
const MAD_TO_SIGMA = 1.482_602_218_505_602;

/** Centre and scale that single wild values do not move: median, and 1.4826 x median absolute deviation (Hampel 1974). */
export function robustSpread(values: ArrayLike<number>): { readonly centre: number; readonly scale: number } {
  const centre = median(values);
  const deviations = Float64Array.from(values, (value) => Math.abs(value - centre));
  return { centre, scale: MAD_TO_SIGMA * median(deviations) };
}
