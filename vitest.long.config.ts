import { defineConfig } from 'vitest/config';

/** What takes minutes: the same claims as in the ordinary suite, over far more cases. */
export default defineConfig({
  test: {
    include: ['test/long/*.test.ts', 'src/trading/killed-days.test.ts'],
    testTimeout: 3_600_000,
    retry: 0,
    maxWorkers: 2,
    pool: 'forks',
  },
});
