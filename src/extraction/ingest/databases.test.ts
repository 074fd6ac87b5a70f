import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { tableFromArrays, tableToIPC } from 'apache-arrow';
import initSqlJs from 'sql.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError, createRng } from '../../domain/index.ts';
import { prepareFile } from './ingest-file.ts';

const NOW = Date.UTC(2024, 5, 1);
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ets-databases-'));
});
afterEach(() => rm(folder, { recursive: true }));

const DAYS = ['2024-01-01', '2024-01-02', '2024-01-03'];
const VALUES = [1.5, -2, 3];

async function prepared(name: string, content: string | Uint8Array, options: object = {}) {
  const file = join(folder, name);
  await writeFile(file, content);
  const [one] = await prepareFile(file, NOW, { dataset: 'my_signal', ...options });
  return one!;
}
const expectRows = (one: Awaited<ReturnType<typeof prepared>>) => {
  expect(one.rejected).toEqual([]);
  expect([...one.accepted.timeMs]).toEqual(DAYS.map((day) => Date.parse(day)));
  expect([...one.accepted.numbers.level!]).toEqual(VALUES);
};

const CREATE = "CREATE TABLE signals (day TEXT, level DOUBLE PRECISION, note VARCHAR(10) DEFAULT 'a,b)', PRIMARY KEY (day))";

const pgDump = `--
-- PostgreSQL database dump
--
SET statement_timeout = 0;
CREATE TABLE public.signals (
    day date NOT NULL,
    level double precision,
    note character varying(10) DEFAULT 'a,b)'::character varying
);
COPY public.signals (day, level, note) FROM stdin;
2024-01-01\t1.5\tfirst\\tone
2024-01-02\t-2\t\\N
2024-01-03\t3\tit's; a (test)
\\.

ALTER TABLE ONLY public.signals ADD CONSTRAINT signals_pkey PRIMARY KEY (day);
`;
const mysqlDump = `-- MySQL dump 10.13  Distrib 8.0
/*!40101 SET NAMES utf8 */;
DROP TABLE IF EXISTS \`signals\`;
CREATE TABLE \`signals\` (
  \`day\` date NOT NULL,
  \`level\` decimal(10,2) DEFAULT NULL,
  \`note\` varchar(20) DEFAULT 'x;y',
  PRIMARY KEY (\`day\`),
  KEY \`by_level\` (\`level\`)
) ENGINE=InnoDB;
LOCK TABLES \`signals\` WRITE;
INSERT INTO \`signals\` VALUES ('2024-01-01',1.50,'it\\'s (a); test'),('2024-01-02',-2.00,NULL),
('2024-01-03',3.00,'comma, ''quoted''');
UNLOCK TABLES;
`;
const pgInserts = `-- PostgreSQL database dump
INSERT INTO public.signals (day, level, note) VALUES ('2024-01-01', 1.5, 'a');
INSERT INTO public.signals (day, level, note) VALUES ('2024-01-02'::date, -2, NULL);
INSERT INTO public.signals (day, level, note) VALUES ('2024-01-03', 3, E'b\\n');
`;

async function sqlite(more = ''): Promise<Uint8Array> {
  const { Database } = await initSqlJs();
  const database = new Database();
  database.run(`${CREATE};${more}`);
  DAYS.forEach((day, i) => {
    database.run('INSERT INTO signals (day, level) VALUES (?, ?)', [day, VALUES[i]!]);
  });
  return database.export();
}

async function duckFile(): Promise<string> {
  const file = join(folder, 'signals.duckdb');
  const instance = await DuckDBInstance.create(file);
  const connection = await instance.connect();
  await connection.run('CREATE TABLE signals (day DATE, level DOUBLE)');
  for (const [i, day] of DAYS.entries()) await connection.run(`INSERT INTO signals VALUES ('${day}', ${VALUES[i]})`);
  connection.closeSync();
  instance.closeSync();
  return file;
}

describe('tables out of databases', () => {
  it('are read from a dump of PostgreSQL by COPY', async () => expectRows(await prepared('a.sql', pgDump)));
  it('are read from a dump of PostgreSQL by INSERT', async () => expectRows(await prepared('a.sql', pgInserts)));
  it('are read from a dump of MySQL', async () => expectRows(await prepared('a.sql', mysqlDump)));
  it('are read from an SQLite file', async () => expectRows(await prepared('a.sqlite', await sqlite())));

  it('are read from a DuckDB file', async () => {
    const [one] = await prepareFile(await duckFile(), NOW, { dataset: 'my_signal' });
    expectRows(one!);
  });

  it('are read from Arrow, with its own times', async () => {
    const day = DAYS.map((text) => new Date(text));
    expectRows(await prepared('a.arrow', tableToIPC(tableFromArrays({ day, level: VALUES }), 'file')));
    expectRows(await prepared('b.arrow', tableToIPC(tableFromArrays({ day, level: VALUES }), 'stream')));
  });

  it('are named where there are several', async () => {
    const two = await sqlite('CREATE TABLE other (day TEXT, x REAL); INSERT INTO other VALUES (1, 2)');
    await expect(prepared('a.sqlite', two)).rejects.toMatchObject({
      code: 'ingest.table_unknown',
      hint: expect.stringContaining('--table'),
    });
    expectRows(await prepared('a.sqlite', two, { table: 'signals' }));
    await expect(prepared('a.sqlite', two, { table: 'nothing' })).rejects.toMatchObject({ code: 'ingest.table_unknown' });
  });

  it('say when they are damaged', async () => {
    await expect(prepared('a.sql', pgDump.slice(0, pgDump.indexOf('2024-01-03')))).rejects.toMatchObject({
      code: 'ingest.dump_damaged',
    });
    await expect(prepared('a.sqlite', (await sqlite()).subarray(0, 3_000))).rejects.toMatchObject({
      code: 'ingest.database_damaged',
    });
  });
});

describe('declared columns', () => {
  const csv = 'when,a,b\n2024-01-01,1,10\n2024-01-02,2,200\n2024-01-03,3,30\n';

  it('take the names, lag and limits that the user declares', async () => {
    const declared = { timeColumn: 'when', rename: { level: 'b' }, knownAfterMs: 3_600_000, limits: { max: 100 } };
    const { accepted, rejected } = await prepared('a.csv', csv, declared);
    expect(Object.keys(accepted.numbers)).toEqual(['level']);
    expect([...accepted.numbers.level!]).toEqual([10, 30]);
    expect(accepted.availableTimeMs[0]).toBe(Date.UTC(2024, 0, 2) + 3_600_000);
    expect(rejected).toMatchObject([{ rule: 'range', reason: 'level is 200, allowed is -Infinity to 100' }]);
  });

  it('say which one is not there', async () => {
    await expect(prepared('a.csv', csv, { timeColumn: 'when', rename: { level: 'c' } })).rejects.toMatchObject({
      code: 'ingest.column_missing',
    });
  });
});

describe('databases and dumps with changed bytes', () => {
  it('give a typed error or rows with times, never anything else', async () => {
    const arrow = tableToIPC(tableFromArrays({ day: DAYS.map((text) => new Date(text)), level: VALUES }), 'file');
    const seeds = [Buffer.from(pgDump), Buffer.from(mysqlDump), Buffer.from(pgInserts), Buffer.from(await sqlite())];
    const rng = createRng(7);
    let refused = 0;
    for (let round = 0; round < 3_000; round++) {
      const seed = round % 12 === 0 ? Buffer.from(arrow) : seeds[round % seeds.length]!;
      const bytes = Buffer.from(seed);
      const changes = 1 + Math.floor(rng() * 4);
      for (let i = 0; i < changes; i++) bytes[Math.floor(rng() * bytes.length)] = Math.floor(rng() * 256);
      const cut = rng() < 0.2 ? bytes.subarray(0, Math.floor(rng() * bytes.length)) : bytes;
      try {
        const { accepted } = await prepared('fuzz.bin', cut);
        for (const time of accepted.timeMs) expect(Number.isSafeInteger(time)).toBe(true);
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(100);
  });
});
