import { createRng, type Rng } from '../../domain/index.ts';
import { ParzenMixture, type Point } from './parzen-mixture.ts';
import { choicesOf, fromCoordinate, type ParameterValues, type SearchSpace, toCoordinate } from './search-space.ts';

/** Batches that are spread over the space before anything is learnt from. */
const SPREAD_BATCHES = 2;
/** Share of the trials that count as good, and how many candidates are drawn from around them. */
const GOOD_SHARE = 0.15;
const CANDIDATES = 32;

/**
 * The parameters of the next batch, by the tree-structured Parzen estimator (Bergstra et al. 2011): candidates are drawn
 * from around good trials, and those tried that good trials make likelier than others do. Trials of the same batch count
 * as bad ones for each other, so that they spread. It follows from the completed trials and the seed alone.
 * @param ranked coordinates of all completed trials, best first
 */
export function proposeBatch(
  space: SearchSpace,
  {
    ranked,
    batch,
    size,
    seed,
  }: { readonly ranked: readonly Point[]; readonly batch: number; readonly size: number; readonly seed: number },
): ParameterValues[] {
  const points =
    batch < SPREAD_BATCHES ? spread(space, size, createRng(seed, batch)) : learnt(space, ranked, size, createRng(seed, batch));
  const proposed = points.map((point) => valuesOf(space, point));
  if (batch === 0 && Object.keys(space.defaults).length > 0) proposed[0] = { ...proposed[0], ...space.defaults };
  return proposed;
}

/** Where values stand in the space, in the order of its parameters. */
export const pointOf = (space: SearchSpace, values: ParameterValues): Point =>
  Float64Array.from(Object.entries(space.parameters), ([name, parameter]) => toCoordinate(parameter, values[name]!));

const valuesOf = (space: SearchSpace, point: Point): ParameterValues =>
  Object.fromEntries(
    Object.entries(space.parameters).map(([name, parameter], d) => [name, fromCoordinate(parameter, point[d]!)]),
  );

/** A Latin hypercube: each dimension is cut into as many parts as there are points, and each part has one. */
function spread(space: SearchSpace, size: number, rng: Rng): Point[] {
  const columns = Object.values(space.parameters).map((parameter) => {
    const width = choicesOf(parameter) ?? 1;
    return shuffled(size, rng).map((part) => Math.min(((part + rng()) / size) * width, width * (1 - Number.EPSILON)));
  });
  return Array.from({ length: size }, (_, i) => Float64Array.from(columns, (column) => column[i]!));
}

function shuffled(size: number, rng: Rng): number[] {
  const order = Array.from({ length: size }, (_, i) => i);
  for (let i = size - 1; i > 0; i--) {
    const other = Math.floor(rng() * (i + 1));
    [order[i], order[other]] = [order[other]!, order[i]!];
  }
  return order;
}

function learnt(space: SearchSpace, ranked: readonly Point[], size: number, rng: Rng): Point[] {
  const choices = Object.values(space.parameters).map(choicesOf);
  const border = Math.max(2, Math.ceil(GOOD_SHARE * ranked.length));
  const good = new ParzenMixture(ranked.slice(0, border), choices);
  const bad = new ParzenMixture(ranked.slice(border), choices);
  const chosen: Point[] = [];
  for (let i = 0; i < size; i++) {
    let best: Point | undefined;
    let highest = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < CANDIDATES; k++) {
      const candidate = good.sample(rng);
      const likelihood = good.logDensity(candidate);
      const gain = likelihood - bad.logDensity(candidate, likelihood - highest);
      if (gain > highest) {
        highest = gain;
        best = candidate;
      }
    }
    chosen.push(best!);
    bad.add(best!);
  }
  return chosen;
}
