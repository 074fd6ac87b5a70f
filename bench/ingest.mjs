// Reading files: rows per second of each format through recognition, mapping and every rule, against DuckDB's own reader
// of the same file in the same run (into its memory, without rules); SQLite, Arrow and dumps, which DuckDB cannot read
// without a download, against the library that reads them, or nothing.
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { tableFromArrays, tableFromIPC, tableToIPC } from 'apache-arrow';
import initSqlJs from 'sql.js';
import { createRng, MINUTE_MS } from '../dist/domain/index.js';
import { prepareFile } from '../dist/extraction/ingest/ingest-file.js';
import { median } from './measure.mjs';

const ROWS = 200_000;
const ROUNDS = 5;
const START = Date.UTC(2020, 0, 1);
const NOW = Date.UTC(2026, 0, 1);
const COLUMNS = ['time', 'open', 'high', 'low', 'close', 'volume'];

export async function run() {
  const folder = mkdtempSync(join(tmpdir(), 'ets-bench-ingest-'));
  const duck = await DuckDBInstance.create();
  const connection = await duck.connect();
  try {
    const formats = await writeFiles(folder, connection);
    const results = {};
    for (const [name, format] of Object.entries(formats)) results[name] = await benchFormat(connection, format);
    return { rows: ROWS, formats: results };
  } finally {
    connection.closeSync();
    duck.closeSync();
    rmSync(folder, { recursive: true });
  }
}

async function benchFormat(connection, { file, peer, read }) {
  const ours = [];
  const theirs = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const start = performance.now();
    const [series] = await prepareFile(file, NOW, { series: 'bench:ETHUSDT:1m', dataset: 'price_data', interval: '1m' });
    const middle = performance.now();
    if (series.accepted.timeMs.length !== ROWS) {
      throw new Error(`${file}: ${series.accepted.timeMs.length} rows accepted: ${JSON.stringify(series.rejected[0])}`);
    }
    if (peer) await (typeof read === 'string' ? connection.run(read) : read());
    const end = performance.now();
    if (round === 0) continue;
    ours.push(middle - start);
    theirs.push(end - middle);
  }
  const rate = (ms) => Math.round(ROWS / (median(ms) / 1_000));
  return {
    megabytes: Math.round(statSync(file).size / 1e5) / 10,
    rowsPerS: rate(ours),
    ...(peer && { peer, peerRowsPerS: rate(theirs), ratio: Math.round((median(theirs) / median(ours)) * 1_000) / 1_000 }),
  };
}

async function writeFiles(folder, connection) {
  const at = (name) => join(folder, `candles.${name}`);
  const rows = candles();
  const texts = rows.map(([time, ...numbers]) => [new Date(time).toISOString(), ...numbers]);
  const objects = texts.map((row) => Object.fromEntries(COLUMNS.map((name, i) => [name, row[i]])));
  writeFileSync(at('csv'), `${COLUMNS.join(',')}\n${texts.map((row) => row.join(',')).join('\n')}\n`);
  writeFileSync(at('json'), JSON.stringify(objects));
  writeFileSync(at('ndjson'), `${objects.map((row) => JSON.stringify(row)).join('\n')}\n`);
  await connection.run(`COPY (SELECT * FROM read_csv('${at('csv')}')) TO '${at('parquet')}' (FORMAT parquet)`);
  await connection.run(`ATTACH '${at('duckdb')}' AS bench`);
  await connection.run(`CREATE TABLE bench.candles AS SELECT * FROM read_csv('${at('csv')}')`);
  await connection.run('DETACH bench');
  const columns = Object.fromEntries(COLUMNS.slice(1).map((name, i) => [name, Float64Array.from(rows, (row) => row[i + 1])]));
  const arrowBytes = tableToIPC(tableFromArrays({ time: rows.map(([time]) => new Date(time)), ...columns }), 'file');
  writeFileSync(at('arrow'), arrowBytes);
  const values = texts.map(([time, ...numbers]) => `('${time}',${numbers.join(',')})`);
  const inserts = [];
  for (let i = 0; i < values.length; i += 1_000)
    inserts.push(`INSERT INTO candles VALUES ${values.slice(i, i + 1_000).join(',')};`);
  const create = `CREATE TABLE candles (time TEXT, ${COLUMNS.slice(1)
    .map((name) => `${name} DOUBLE PRECISION`)
    .join(', ')});`;
  writeFileSync(at('mysql.sql'), `-- MySQL dump\n${create}\n${inserts.join('\n')}\n`);
  const copied = texts.map((row) => row.join('\t')).join('\n');
  const copy = `COPY candles (${COLUMNS.join(', ')}) FROM stdin;\n${copied}\n\\.\n`;
  writeFileSync(at('postgresql.sql'), `-- PostgreSQL database dump\n${create}\n${copy}`);
  const { Database } = await initSqlJs();
  const database = new Database();
  for (const statement of [create, 'BEGIN', ...inserts, 'COMMIT']) database.run(statement);
  const sqliteBytes = database.export();
  database.close();
  writeFileSync(at('sqlite'), sqliteBytes);
  const duckdb = (name, reader) => ({
    file: at(name),
    peer: 'DuckDB',
    read: `CREATE OR REPLACE TEMP TABLE peer AS SELECT * FROM ${reader}('${at(name)}')`,
  });
  return {
    csv: duckdb('csv', 'read_csv'),
    json: duckdb('json', 'read_json'),
    ndjson: duckdb('ndjson', 'read_json'),
    parquet: duckdb('parquet', 'read_parquet'),
    duckdb: { file: at('duckdb'), peer: 'DuckDB', read: () => readAttached(connection, at('duckdb')) },
    arrow: { file: at('arrow'), peer: 'apache-arrow', read: () => readArrow(arrowBytes) },
    sqlite: { file: at('sqlite'), peer: 'sql.js', read: () => readSqlite(Database, sqliteBytes) },
    postgresqlDump: { file: at('postgresql.sql') },
    mysqlDump: { file: at('mysql.sql') },
  };
}

async function readAttached(connection, file) {
  await connection.run(`ATTACH '${file}' AS peer_file (READ_ONLY)`);
  await connection.run('CREATE OR REPLACE TEMP TABLE peer AS SELECT * FROM peer_file.candles');
  await connection.run('DETACH peer_file');
}

function readArrow(bytes) {
  const table = tableFromIPC(bytes);
  for (const name of COLUMNS) table.getChild(name).toArray();
}

function readSqlite(Database, bytes) {
  const database = new Database(bytes);
  database.exec('SELECT * FROM candles');
  database.close();
}

function candles() {
  const rng = createRng(1);
  let close = 1_000;
  return Array.from({ length: ROWS }, (_, i) => {
    const open = close;
    close = Math.round(Math.max(10, open * (1 + (rng() - 0.5) * 0.01)) * 100) / 100;
    const high = Math.round(Math.max(open, close) * 1.001 * 100) / 100;
    const low = Math.round(Math.min(open, close) * 0.999 * 100) / 100;
    return [START + i * MINUTE_MS, open, high, low, close, Math.round(rng() * 1e6) / 1e3];
  });
}
