import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AppParts } from '../src/app/app-parts.ts';
import { DataSourcesFile } from '../src/app/data-sources-file.ts';
import { openExtraction } from '../src/app/extraction.ts';
import { loadConfig } from '../src/config/index.ts';
import { DAY_MS, systemTimer, type TimeMs } from '../src/domain/index.ts';
import { RequestBudgets } from '../src/extraction/index.ts';
import { startSandbox } from '../src/sandbox/index.ts';
import { DataManager } from '../src/storage/index.ts';

/** Where every simulated history of the tests ends. */
export const END_MS: TimeMs = Date.UTC(2024, 0, 1);
const DATASETS = ['price_data', 'sentiment_data', 'blockchain_data'];

/** So many days of a simulated market and chain, fetched from the sandbox into a store of its own. */
export async function simulatedHistory(options: { readonly seed: number; readonly edge: number; readonly days: number }) {
  const { seed, edge, days } = options;
  const dataDir = mkdtempSync(join(tmpdir(), 'ets-history-'));
  const sandbox = await startSandbox({ seed, edge, startMs: END_MS, speed: 0, blockSpacingMs: 3_600_000 });
  const world = { kind: 'sandbox' as const, seed, startMs: END_MS };
  const store = await DataManager.open(dataDir, { clock: sandbox.clock, timer: systemTimer, world });
  const parts: AppParts = {
    dataSources: DataSourcesFile.none(),
    dataDir,
    config: loadConfig({ env: {}, overrides: ['model.trees=50'] }),
    env: {},
    clock: sandbox.clock,
    timer: systemTimer,
    budgets: new RequestBudgets(systemTimer),
    world,
    isSimulated: true,
    endpoints: sandbox.urls,
    urls: sandbox.urls,
    store,
    onProgress: () => undefined,
    signal: undefined,
  };
  const { days: reports } = await openExtraction(parts, DATASETS).backfill(END_MS - days * DAY_MS, END_MS - 1);
  const failures = reports.flatMap(({ datasets }) => datasets.filter(({ error }) => error !== undefined));
  if (failures.length > 0) throw new Error(`the history was not fetched whole: ${JSON.stringify(failures[0])}`);
  return {
    parts,
    async close() {
      await store.close();
      await sandbox.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
