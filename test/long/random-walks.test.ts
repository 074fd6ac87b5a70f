import { expect, it } from 'vitest';
import { skillInRandomWalk } from '../worlds.fixture.ts';

const WORLDS = 200;
/** 99 % of the binomial distribution of 200 worlds at 5 %. */
const MOST_CLAIMS = 18;

it('claims skill in no more of 200 random walks than its 5 % allow', async () => {
  let claims = 0;
  for (let seed = 1_001; seed <= 1_000 + WORLDS; seed += 1) if ((await skillInRandomWalk(seed)) === 'found') claims += 1;
  expect(claims).toBeLessThanOrEqual(MOST_CLAIMS);
});
