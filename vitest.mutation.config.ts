import { defineConfig } from 'vitest/config';

/** The tests of the trading core that need no process of their own: what mutants are tried against. */
export default defineConfig({
  test: {
    include: ['src/trading/*.test.ts', 'src/trading/{risk,sizing}/*.test.ts', 'src/trading/journal/journal-writer.test.ts'],
    exclude: ['src/trading/killed-days.test.ts', 'src/trading/records.test.ts', 'src/trading/exact-accounts.test.ts'],
    testTimeout: 30_000,
    retry: 0,
  },
});
