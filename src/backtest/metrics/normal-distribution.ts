/**
 * Standard normal distribution function, within 1e-15: the Taylor series of Marsaglia (2004, Evaluating the Normal
 * Distribution) in the middle, a continued fraction in the tails.
 */
export function normalCdf(z: number): number {
  if (Number.isNaN(z)) return Number.NaN;
  if (Math.abs(z) > 6) return z > 0 ? 1 - upperTail(z) : upperTail(-z);
  let term = z;
  let sum = z;
  for (let i = 3; Math.abs(term) > 1e-18; i += 2) {
    term *= (z * z) / i;
    sum += term;
  }
  return 0.5 + sum * normalDensity(z);
}

/** The z below which a share of 0..1 of a standard normal distribution lies: Newton's steps on `normalCdf`. */
export function normalQuantile(share: number): number {
  if (!(share >= 0 && share <= 1)) return Number.NaN;
  if (share === 0 || share === 1) return share === 0 ? -Infinity : Infinity;
  let low = -39;
  let high = 39;
  let z = 0;
  for (let i = 0; i < 100 && high - low > 1e-15; i++) {
    const miss = normalCdf(z) - share;
    if (miss > 0) high = z;
    else low = z;
    const newton = z - miss / normalDensity(z);
    const next = newton > low && newton < high ? newton : (low + high) / 2;
    if (Math.abs(next - z) < 1e-15) return next;
    z = next;
  }
  return z;
}

const normalDensity = (z: number): number => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);

function upperTail(z: number): number {
  let fraction = z;
  for (let i = 60; i > 0; i--) fraction = z + i / fraction;
  return normalDensity(z) / fraction;
}
