import { defineConfig } from 'vitest/config';

/** The built program as a user runs it, while what it needs fails: minutes. */
export default defineConfig({
  test: {
    include: ['test/drills/*.test.ts'],
    reporters: ['default', './test/totals-reporter.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    retry: 0,
    maxWorkers: 2,
    pool: 'forks',
  },
});
