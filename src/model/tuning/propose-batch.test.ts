import { expect, it } from 'vitest';
import { createRng } from '../../domain/index.ts';
import { ParzenMixture, type Point } from './parzen-mixture.ts';
import { proposeBatch } from './propose-batch.ts';
import { choicesOf, parseSearchSpace } from './search-space.ts';

/** Values of its ranges are their coordinates. */
const space = parseSearchSpace(
  {
    learner: 'random-forest',
    parameters: { way: { choices: [0, 1, 2] }, x: { low: 0, high: 1 }, y: { low: 0, high: 1 }, k: { choices: [0, 1] } },
  },
  'test',
);
const choices = Object.values(space.parameters).map(choicesOf);

/** The estimator as it is defined: every density in full, and of 32 candidates the one with the highest quotient. */
function fromWholeDensities(ranked: readonly Point[], size: number, seed: number, batch: number): Point[] {
  const rng = createRng(seed, batch);
  const border = Math.max(2, Math.ceil(0.15 * ranked.length));
  const good = new ParzenMixture(ranked.slice(0, border), choices);
  const bad = new ParzenMixture(ranked.slice(border), choices);
  return Array.from({ length: size }, () => {
    const candidates = Array.from({ length: 32 }, () => good.sample(rng));
    const gains = candidates.map((candidate) => good.logDensity(candidate) - bad.logDensity(candidate));
    const chosen = candidates[gains.indexOf(Math.max(...gains))]!;
    bad.add(chosen);
    return chosen;
  });
}

it('proposes to the bit what whole densities do, though it leaves those that cannot win', () => {
  const everywhere = new ParzenMixture([], choices);
  for (let seed = 0; seed < 20; seed++) {
    const rng = createRng(seed, 99);
    const ranked = Array.from({ length: 10 + 12 * seed }, () => everywhere.sample(rng));
    const proposed = proposeBatch(space, { ranked, batch: 3, size: 8, seed }).map((values) => Object.values(values));
    expect(proposed).toEqual(fromWholeDensities(ranked, 8, seed, 3).map((point) => [...point]));
  }
});
