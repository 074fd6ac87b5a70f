import type { Rng } from '../../domain/index.ts';

/** A point of a search space: 0..1 for a range, the number of a choice. */
export type Point = Float64Array;

/** Share of the kernels that knows nothing: everything stays possible. */
const PRIOR_KERNELS = 1;
const WIDEST = 0.25;
const NARROWEST = 0.02;

/**
 * A density over a search space: one product kernel around each point, and one over the whole space (the multivariate
 * Parzen estimator of Falkner, Klein and Hutter 2018). Ranges have logistic kernels cut off at 0 and 1, choices keep
 * their value or take any.
 */
export class ParzenMixture {
  readonly #points: readonly Point[];
  /** Number of choices of each dimension, `null` for a range. */
  readonly #choices: readonly (number | null)[];
  readonly #width: number;

  constructor(points: readonly Point[], choices: readonly (number | null)[]) {
    this.#points = points;
    this.#choices = choices;
    const spread = Math.max(1, points.length) ** (-1 / (choices.length + 4));
    this.#width = Math.max(NARROWEST, WIDEST * spread);
  }

  sample(rng: Rng): Point {
    const kernel = Math.floor(rng() * (this.#points.length + PRIOR_KERNELS));
    const centre = this.#points[kernel];
    return Float64Array.from(this.#choices, (choices, d) => {
      if (centre === undefined || (choices !== null && rng() < this.#width)) {
        const anywhere = rng();
        return choices === null ? anywhere : Math.floor(anywhere * choices);
      }
      return choices === null ? this.#sampleAround(centre[d]!, rng) : centre[d]!;
    });
  }

  /** Log of the density, up to a constant of the space. */
  logDensity(point: Point): number {
    const kernels = this.#points.length + PRIOR_KERNELS;
    let sum = PRIOR_KERNELS * this.#choices.reduce<number>((product, choices) => product / (choices ?? 1), 1);
    for (const centre of this.#points) {
      let product = 1;
      for (let d = 0; d < point.length; d++) product *= this.#kernel(centre[d]!, point[d]!, this.#choices[d]!);
      sum += product;
    }
    return Math.log(sum / kernels);
  }

  #kernel(centre: number, at: number, choices: number | null): number {
    if (choices !== null) return (centre === at ? 1 - this.#width : 0) + this.#width / choices;
    const rise = sigmoid((at - centre) / this.#scale);
    const inside = sigmoid((1 - centre) / this.#scale) - sigmoid(-centre / this.#scale);
    return (rise * (1 - rise)) / (this.#scale * inside);
  }

  #sampleAround(centre: number, rng: Rng): number {
    const low = sigmoid(-centre / this.#scale);
    const high = sigmoid((1 - centre) / this.#scale);
    const u = low + rng() * (high - low);
    return Math.min(1, Math.max(0, centre + this.#scale * Math.log(u / (1 - u))));
  }

  /** The logistic scale with the standard deviation `#width`. */
  get #scale(): number {
    return (this.#width * Math.sqrt(3)) / Math.PI;
  }
}

const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));
