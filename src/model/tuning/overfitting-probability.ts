import type { Trial } from './trial.ts';

/**
 * Probability of backtest overfitting by combinatorially symmetric cross-validation (Bailey, Borwein, Lopez de Prado and
 * Zhu 2017): over all ways to take half of the folds, how often the trial that is best there is in the worse half of all
 * trials on the other folds. 0.5 is what a search in noise has. Trials that did not finish every fold do not count.
 * @returns `null` with fewer than two finished trials or four folds
 */
export function overfittingProbability(trials: readonly Trial[]): number | null {
  const scores = trials
    .filter(({ state }) => state === 'finished')
    .map(({ folds }) => folds.toSorted((a, b) => a.fold - b.fold).map(({ loss, baseline }) => baseline - loss));
  const folds = (scores[0]?.length ?? 0) & ~1;
  if (scores.length < 2 || folds < 4) return null;
  let overfit = 0;
  const halves = combinations(folds, folds / 2);
  for (const inside of halves) {
    const chosen = new Set(inside);
    const gains = scores.map((own) => halfGains(own, folds, chosen));
    const best = gains.reduce((most, gain, i) => (gain.inside > gains[most]!.inside ? i : most), 0);
    const outside = gains[best]!.outside;
    const worse = gains.filter((gain) => gain.outside < outside).length;
    const equal = gains.filter((gain) => gain.outside === outside).length;
    const rank = (worse + (equal + 1) / 2) / (gains.length + 1);
    overfit += rank < 0.5 ? 1 : rank === 0.5 ? 0.5 : 0;
  }
  return overfit / halves.length;
}

function halfGains(scores: readonly number[], folds: number, chosen: ReadonlySet<number>): { inside: number; outside: number } {
  let inside = 0;
  let outside = 0;
  for (let fold = 0; fold < folds; fold++) {
    if (chosen.has(fold)) inside += scores[fold]!;
    else outside += scores[fold]!;
  }
  return { inside, outside };
}

function combinations(of: number, count: number, from = 0): number[][] {
  if (count === 0) return [[]];
  const chosen: number[][] = [];
  for (let first = from; first <= of - count; first++) {
    for (const rest of combinations(of, count - 1, first + 1)) chosen.push([first, ...rest]);
  }
  return chosen;
}
