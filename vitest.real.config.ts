import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/real/*.test.ts'],
    reporters: ['default', './test/totals-reporter.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    retry: 0,
    pool: 'forks',
    fileParallelism: false,
  },
});
