import { normal, type Rng } from '../../domain/index.ts';

/** A point of a search space: 0..1 for a range, the number of a choice. */
export type Point = Float64Array;

const WIDEST = 0.25;
const NARROWEST = 0.02;

/**
 * A density over a search space: one product kernel around each point, and one over the whole space, so that everything
 * stays possible (the multivariate Parzen estimator of Falkner, Klein and Hutter 2018). Ranges have normal kernels cut
 * off at 0 and 1, choices keep their value or take any.
 */
export class ParzenMixture {
  readonly #points: Point[] = [];
  /** What makes each kernel a density, choices that agree left out. */
  readonly #heights: number[] = [];
  /** Number of choices of each dimension, `null` for a range. */
  readonly #choices: readonly (number | null)[];
  readonly #width: number;

  constructor(points: readonly Point[], choices: readonly (number | null)[]) {
    this.#choices = choices;
    const spread = Math.max(1, points.length) ** (-1 / (choices.length + 4));
    this.#width = Math.max(NARROWEST, WIDEST * spread);
    for (const point of points) this.add(point);
  }

  /** One kernel more, as wide as the others. */
  add(point: Point): void {
    const height = this.#choices.reduce<number>((product, choices, d) => {
      if (choices !== null) return product * (this.#width / choices);
      const inside = normalCdf((1 - point[d]!) / this.#width) - normalCdf(-point[d]! / this.#width);
      return product / (this.#width * Math.sqrt(2 * Math.PI) * inside);
    }, 1);
    this.#points.push(point);
    this.#heights.push(height);
  }

  sample(rng: Rng): Point {
    const centre = this.#points[Math.floor(rng() * (this.#points.length + 1))];
    return Float64Array.from(this.#choices, (choices, d) => {
      if (choices !== null) {
        return centre === undefined || rng() < this.#width ? Math.floor(rng() * choices) : centre[d]!;
      }
      return centre === undefined ? rng() : this.#sampleAround(centre[d]!, rng);
    });
  }

  /** Log of the density; over choices it is a probability. */
  logDensity(point: Point): number {
    let sum = this.#choices.reduce<number>((product, choices) => product / (choices ?? 1), 1);
    const narrow = -0.5 / this.#width ** 2;
    for (let i = 0; i < this.#points.length; i++) {
      const centre = this.#points[i]!;
      let squares = 0;
      let height = this.#heights[i]!;
      for (let d = 0; d < point.length; d++) {
        const choices = this.#choices[d]!;
        if (choices === null) squares += (centre[d]! - point[d]!) ** 2;
        else if (centre[d] === point[d]) height *= 1 + ((1 - this.#width) / this.#width) * choices;
      }
      sum += height * Math.exp(narrow * squares);
    }
    return Math.log(sum / (this.#points.length + 1));
  }

  #sampleAround(centre: number, rng: Rng): number {
    for (;;) {
      const at = centre + this.#width * normal(rng);
      if (at >= 0 && at <= 1) return at;
    }
  }
}

/** Standard normal distribution function, to 1e-7 (Abramowitz and Stegun 1964, 26.2.17). */
function normalCdf(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const tail =
    (Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI)) *
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return x > 0 ? 1 - tail : tail;
}
