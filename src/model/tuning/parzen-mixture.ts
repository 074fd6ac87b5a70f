import { normal, type Rng } from '../../domain/index.ts';

/** A point of a search space: 0..1 for a range, the number of a choice. */
export type Point = Float64Array;

const WIDEST = 0.25;
const NARROWEST = 0.02;
/** Far more than the rounding of a sum of densities. */
const CLEARLY = 1 + 1e-9;

/**
 * A density over a search space: one product kernel around each point, and one over the whole space, so that everything
 * stays possible (the multivariate Parzen estimator of Falkner, Klein and Hutter 2018). Ranges have normal kernels cut
 * off at 0 and 1, choices keep their value or take any.
 */
export class ParzenMixture {
  /** Number of choices of each dimension, `null` for a range. */
  readonly #choices: readonly (number | null)[];
  /** What makes a kernel higher where a choice agrees, by dimension; 0 for a range. */
  readonly #agreements: Float64Array;
  /** Density of the kernel over the whole space. */
  readonly #everywhere: number;
  readonly #width: number;
  /** Where the kernels are. */
  readonly #centres: Point[] = [];
  /** What makes each kernel a density, choices that agree left out. */
  readonly #heights: number[] = [];

  constructor(points: readonly Point[], choices: readonly (number | null)[]) {
    this.#choices = choices;
    const spread = Math.max(1, points.length) ** (-1 / (choices.length + 4));
    this.#width = Math.max(NARROWEST, WIDEST * spread);
    this.#agreements = Float64Array.from(choices, (own) => (own === null ? 0 : 1 + ((1 - this.#width) / this.#width) * own));
    this.#everywhere = choices.reduce<number>((product, own) => product / (own ?? 1), 1);
    for (const point of points) this.add(point);
  }

  /** One kernel more, as wide as the others. */
  add(point: Point): void {
    const height = this.#choices.reduce<number>((product, choices, d) => {
      if (choices !== null) return product * (this.#width / choices);
      const inside = normalCdf((1 - point[d]!) / this.#width) - normalCdf(-point[d]! / this.#width);
      return product / (this.#width * Math.sqrt(2 * Math.PI) * inside);
    }, 1);
    this.#centres.push(point);
    this.#heights.push(height);
  }

  sample(rng: Rng): Point {
    const centre = this.#centres[Math.floor(rng() * (this.#centres.length + 1))];
    const drawn = new Float64Array(this.#choices.length);
    for (let d = 0; d < drawn.length; d++) {
      const choices = this.#choices[d]!;
      if (choices === null) drawn[d] = centre === undefined ? rng() : this.#sampleAround(centre[d]!, rng);
      else drawn[d] = centre === undefined || rng() < this.#width ? Math.floor(rng() * choices) : centre[d]!;
    }
    return drawn;
  }

  /**
   * Log of the density; over choices it is a probability.
   * @param ceiling where the density is clearly above this, infinity is said as soon as that is known
   */
  logDensity(point: Point, ceiling = Number.POSITIVE_INFINITY): number {
    const [centres, heights, agreements] = [this.#centres, this.#heights, this.#agreements];
    const narrow = -0.5 / this.#width ** 2;
    const highest = Math.exp(ceiling) * (heights.length + 1) * CLEARLY;
    let sum = this.#everywhere;
    for (let i = 0; i < heights.length && sum <= highest; i++) {
      const centre = centres[i]!;
      let squares = 0;
      let height = heights[i]!;
      for (let d = 0; d < agreements.length; d++) {
        const agreement = agreements[d]!;
        if (agreement === 0) squares += (centre[d]! - point[d]!) ** 2;
        else if (centre[d] === point[d]) height *= agreement;
      }
      sum += height * Math.exp(narrow * squares);
    }
    return sum > highest ? Number.POSITIVE_INFINITY : Math.log(sum / (heights.length + 1));
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
