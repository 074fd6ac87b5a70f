/** Between gradient and hessian in one packed number. */
export const SHIFT = 2 ** 26;
const LEVELS = 2 ** 25;

/** Gradients and hessians of one class as integers `gradient * 2^26 + hessian`, with what one unit of each is worth. */
export interface PackedGradients {
  readonly packed: Float64Array;
  gradientUnit: number;
  hessianUnit: number;
}

/** Sum of gradients in a packed sum. Exact, also for negative ones, as the hessian part is never negative. */
export const gradientOf = (packed: number): number => Math.floor(packed / SHIFT);

/**
 * Quantises so finely that no sum over rows reaches 2^26: sums stay exact below 2^53, whatever the order of addition,
 * which is what makes subtraction of siblings exact.
 */
export function packGradients(gradients: Float64Array, hessians: Float64Array, into: PackedGradients): void {
  const rows = gradients.length;
  let gradientSum = 0;
  let hessianSum = 0;
  for (let row = 0; row < rows; row++) {
    gradientSum += Math.abs(gradients[row]!);
    hessianSum += hessians[row]!;
  }
  const gradientScale = gradientSum > 0 ? LEVELS / gradientSum : 1;
  const hessianScale = hessianSum > 0 ? LEVELS / hessianSum : 1;
  const { packed } = into;
  for (let row = 0; row < rows; row++) {
    packed[row] = Math.floor(gradients[row]! * gradientScale + 0.5) * SHIFT + Math.floor(hessians[row]! * hessianScale + 0.5);
  }
  into.gradientUnit = 1 / gradientScale;
  into.hessianUnit = 1 / hessianScale;
}
