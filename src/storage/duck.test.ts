import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Duck, fileList, quoteText } from './duck.ts';

let folder = '';
let duck: Duck;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ets-duck-'));
  duck = new Duck();
});
afterEach(async () => {
  await duck.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The first column of the first row, as a number. */
const ask = (sql: string): Promise<number> =>
  duck.use(async (connection) => Number((await connection.runAndReadAll(sql)).getRows()[0]![0]));

it('keeps nothing in memory of the files that it has read', async () => {
  for (let part = 0; part < 5; part++) {
    const path = join(folder, `part-${part}.parquet`);
    await ask(`COPY (SELECT random() AS value FROM range(100000)) TO ${quoteText(path)} (FORMAT parquet)`);
    expect(await ask(`SELECT count(DISTINCT value) FROM read_parquet(${fileList([path])})`)).toBeGreaterThan(99_000);
    rmSync(path);
  }
  expect(await ask("SELECT sum(memory_usage_bytes) FROM duckdb_memory() WHERE tag = 'EXTERNAL_FILE_CACHE'")).toBe(0);
});
