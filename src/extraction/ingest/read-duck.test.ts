import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepareFile } from './ingest-file.ts';

const NOW = Date.UTC(2026, 0, 5);
let folder = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ingest-parquet-'));
  const instance = await DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const connection = await instance.connect();
  const hours = "SELECT TIMESTAMP '2024-01-01' + INTERVAL (i) HOUR AS t, i FROM range(5) s(i)";
  const candles =
    '2000 + i AS open, 2010.5 AS high, CAST(1990.25 AS DECIMAL(18,4)) AS low, 2005.0::FLOAT AS close, 10::HUGEINT AS volume';
  const write = (name: string, query: string) => connection.run(`COPY (${query}) TO '${join(folder, name)}' (FORMAT parquet)`);
  await write('binance_ethusdt_1h.parquet', `SELECT t AS timestamp, ${candles} FROM (${hours})`);
  await write('binance_ethusdt_ms.parquet', `SELECT epoch_ms(t) AS open_time, ${candles} FROM (${hours})`);
  await write('binance_ethusdt_tz.parquet', `SELECT CAST(t AS TIMESTAMPTZ) AS timestamp, ${candles} FROM (${hours})`);
  await write('yahoo_daily.parquet', `SELECT CAST(DATE '2024-01-01' + i::INTEGER AS DATE) AS date, ${candles} FROM (${hours})`);
  connection.closeSync();
  instance.closeSync();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('Parquet', () => {
  it.each(['binance_ethusdt_1h', 'binance_ethusdt_ms', 'binance_ethusdt_tz'])('%s is read with its types', async (name) => {
    const [series] = await prepareFile(join(folder, `${name}.parquet`), NOW);
    const { accepted, rejected } = series!;
    expect(accepted).toMatchObject({ series: 'binance:ETHUSDT:1h', volumeUnit: 'eth' });
    expect([...accepted.timeMs]).toEqual([0, 1, 2, 3, 4].map((hour) => Date.UTC(2024, 0, 1, hour)));
    expect(accepted.numbers).toMatchObject({
      open: Float64Array.of(2000, 2001, 2002, 2003, 2004),
      low: new Float64Array(5).fill(1990.25),
    });
    expect(rejected).toEqual([]);
  });

  it('reads dates, under any name', async () => {
    const path = join(folder, 'renamed_yahoo.csv');
    writeFileSync(path, readFileSync(join(folder, 'yahoo_daily.parquet')));
    const [series] = await prepareFile(path, NOW);
    expect(series!.accepted).toMatchObject({ series: 'yahoo:ETH-USD:1d' });
  });
});
