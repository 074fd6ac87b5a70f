import { expect, it } from 'vitest';
import { createRng } from './rng.ts';

it.each([
  [1, 0, [2158855931, 1002150148, 2875640764, 3558843037], -1576287088],
  [7, 3, [1529419479, 19173454, 2310763331, 1473871307], 1992022481],
  [-5, 1, [3990343933, 2158613539, 3462297870, 1294945608], -630217308],
])('draws the same words for seed %i, stream %i in every version', (seed, stream, words, hash) => {
  const first = createRng(seed, stream);
  expect(words.map(() => first() * 2 ** 32)).toEqual(words);
  const rng = createRng(seed, stream);
  for (let i = 0; i < words.length; i++) rng();
  let hashed = 0;
  for (let i = 0; i < 100_000; i++) hashed = (Math.imul(hashed, 31) + rng() * 2 ** 32) | 0;
  expect(hashed).toBe(hash);
});
