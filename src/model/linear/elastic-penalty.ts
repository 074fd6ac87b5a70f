/** `l1 * ||w||_1 + l2 / 2 * ||w||^2`, without the last of every `width` weights: intercepts are free. */
export class ElasticPenalty {
  readonly l1: number;
  readonly l2: number;
  readonly #width: number;

  constructor(l1: number, l2: number, width: number) {
    this.l1 = l1;
    this.l2 = l2;
    this.#width = width;
  }

  isFree(at: number): boolean {
    return (at + 1) % this.#width === 0;
  }

  of(weights: Float64Array): number {
    let sum = 0;
    for (let i = 0; i < weights.length; i++) {
      const weight = weights[i]!;
      if (!this.isFree(i)) sum += this.l1 * Math.abs(weight) + 0.5 * this.l2 * weight * weight;
    }
    return sum;
  }

  /** Largest distance of a weight from the condition of a minimum: that 0 lies in the subdifferential. */
  violation(weights: Float64Array, slope: Float64Array): number {
    let largest = 0;
    for (let i = 0; i < weights.length; i++) {
      const size = Math.abs(this.slopeAt(i, weights[i]!, slope[i]!));
      largest = Math.max(largest, weights[i] === 0 && !this.isFree(i) ? size - this.l1 : size);
    }
    return largest;
  }

  /** Slope of the whole objective in one weight, given that of the loss; without the kink where the weight is 0. */
  slopeAt(at: number, weight: number, slope: number): number {
    return this.isFree(at) ? slope : slope + this.l2 * weight + this.l1 * Math.sign(weight);
  }

  /** Where `curvature / 2 * v^2 - pull * v` plus the penalty of `v` is least. */
  minimiser(at: number, curvature: number, pull: number): number {
    if (this.isFree(at)) return pull / curvature;
    const left = Math.abs(pull) - this.l1;
    return left > 0 ? (Math.sign(pull) * left) / (curvature + this.l2) : 0;
  }
}
