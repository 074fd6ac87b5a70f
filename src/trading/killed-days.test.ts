import { afterAll, describe, expect, it } from 'vitest';
import { fullMatrix, shortMatrix } from './kill-cases.contract.ts';
import { type KillResult, runKillCase } from './kill-matrix.contract.ts';

/**
 * `ETS_TEST_KILLS=all` runs every point with every fault and ending, for `ETS_TEST_KILL_SEEDS` seeds (3 unless told);
 * `ETS_TEST_KILL_SLICE=2/4` the second quarter of it. The default takes one fault for each point in turn.
 */
const { ETS_TEST_KILLS, ETS_TEST_KILL_SEEDS = '3', ETS_TEST_KILL_SLICE = '1/1' } = process.env;
const [slice = 1, slices = 1] = ETS_TEST_KILL_SLICE.split('/').map(Number);
const matrix = ETS_TEST_KILLS === 'all' ? fullMatrix(Number(ETS_TEST_KILL_SEEDS)) : shortMatrix();
const cases = matrix.filter((_, i) => i % slices === slice - 1);
const results: KillResult[] = [];

describe('the order path, killed', () => {
  afterAll(() => {
    const count = (what: (result: KillResult) => number) => results.reduce((sum, result) => sum + what(result), 0);
    const counts = {
      runs: results.length,
      kills: count(({ wasKilled }) => Number(wasKilled)),
      orders: count(({ orders }) => orders),
      lost: count(({ lost }) => lost.length),
      doubled: count(({ doubled }) => doubled.length),
    };
    if (ETS_TEST_KILLS === 'all') process.stdout.write(`kill matrix ${ETS_TEST_KILL_SLICE} ${JSON.stringify(counts)}\n`);
  });

  it.concurrent.each(cases)(
    'at $point while orders meet "$fault" ($ending, seed $seed) neither loses nor repeats one',
    async (one) => {
      const result = await runKillCase(one);
      results.push(result);
      expect(result).toMatchObject({ lost: [], doubled: [], wrong: [] });
    },
  );
});
