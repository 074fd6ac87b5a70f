import { ParzenMixture } from './parzen-mixture.ts';
import { pointOf } from './propose-batch.ts';
import { choicesOf, type SearchSpace } from './search-space.ts';
import type { Trial } from './trial.ts';

const LEAST_TRIALS = 20;
const GOOD_SHARE = 0.2;
const GRID = 50;

/**
 * How much each parameter decides whether a trial is good, in shares that sum to 1 (PED-ANOVA, Watanabe, Bansal and
 * Hutter 2023): the Pearson divergence of where good trials lie along the parameter from where all of them do.
 * @returns `null` with fewer than 20 trials
 */
export function parameterImportance(space: SearchSpace, trials: readonly Trial[]): Record<string, number> | null {
  if (trials.length < LEAST_TRIALS) return null;
  const points = trials.toSorted((a, b) => a.excess - b.excess || a.trial - b.trial).map(({ params }) => pointOf(space, params));
  const good = points.slice(0, Math.ceil(GOOD_SHARE * points.length));
  const divergences = Object.values(space.parameters).map((parameter, d) => {
    const choices = choicesOf(parameter);
    const along = (chosen: readonly Float64Array[]) =>
      new ParzenMixture(
        chosen.map((point) => Float64Array.of(point[d]!)),
        [choices],
      );
    const [goodDensity, allDensity] = [along(good), along(points)];
    const cells = choices ?? GRID;
    let divergence = 0;
    for (let cell = 0; cell < cells; cell++) {
      const at = Float64Array.of(choices === null ? (cell + 0.5) / GRID : cell);
      const all = Math.exp(allDensity.logDensity(at));
      divergence += ((Math.exp(goodDensity.logDensity(at)) / all - 1) ** 2 * all) / cells;
    }
    return divergence;
  });
  const total = divergences.reduce((sum, value) => sum + value, 0);
  return Object.fromEntries(Object.keys(space.parameters).map((name, d) => [name, total > 0 ? divergences[d]! / total : 0]));
}
