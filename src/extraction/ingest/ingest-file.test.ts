import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError, ManualClock, type RowBatch } from '../../domain/index.ts';
import type { QuarantinedRow } from '../validation/index.ts';
import { ingestFile, prepareFile } from './ingest-file.ts';
import type { IngestOptions } from './ingest-types.ts';

const NOW = Date.UTC(2026, 0, 5);
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ingest-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Keeps rows in memory and knows a row again by its key. */
class MemoryStore {
  readonly keys = new Set<string>();
  readonly quarantined: QuarantinedRow[] = [];

  async append(batches: readonly RowBatch[]) {
    return batches.map((batch) => {
      const before = this.keys.size;
      for (const [row, timeMs] of batch.timeMs.entries()) this.keys.add(`${batch.series}|${timeMs}|${batch.ids?.[row] ?? ''}`);
      const stored = this.keys.size - before;
      const rows = batch.timeMs.length;
      return { dataset: batch.dataset, series: batch.series, rows, stored, duplicates: rows - stored, revised: 0 };
    });
  }

  async quarantine(rows: readonly QuarantinedRow[]) {
    this.quarantined.push(...rows);
  }
}

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const prepare = (name: string, content: string | Buffer, options: IngestOptions = {}) =>
  prepareFile(file(name, content), NOW, options);
const one = async (name: string, content: string | Buffer, options: IngestOptions = {}) =>
  (await prepare(name, content, options))[0]!;

async function refusal(run: Promise<unknown>): Promise<{ code: string; exitCode: number; hint: string | undefined }> {
  try {
    await run;
  } catch (error) {
    if (error instanceof AppError) return { code: error.code, exitCode: error.exitCode, hint: error.hint };
    throw error;
  }
  return { code: 'not refused', exitCode: 0, hint: undefined };
}

const candle = (time: string | number) => `${time},2300,2400,2200,2350,1000`;
const HEADER = 'date,open,high,low,close,volume';
const days = (count: number) =>
  Array.from({ length: count }, (_, day) => candle(new Date(Date.UTC(2024, 0, day + 1)).toISOString().slice(0, 10)));

describe('ingestFile', () => {
  it('quarantines bad rows, each with its reason and line, and stores the rest', async () => {
    const bad = [
      '2024-01-04,-5,2400,2200,2350,1000',
      '2024-01-05,2300,2200,2400,2350,1000',
      '2024-01-06,abc,2400,2200,2350,1000',
      'not-a-date,2300,2400,2200,2350,1000',
      '2999-01-01,2300,2400,2200,2350,1000',
      '2024-01-07,2300',
    ];
    const path = file('bad.csv', `${[HEADER, ...days(3), ...bad, candle('2024-01-08')].join('\n')}\n`);
    const store = new MemoryStore();
    const deps = { store, clock: new ManualClock(NOW) };
    const [report] = await ingestFile(path, deps);
    expect(report).toMatchObject({
      dataset: 'price_data',
      series: 'unknown:ETH:1d',
      rows: 10,
      stored: 4,
      duplicates: 0,
      quarantined: 6,
      skipped: 0,
    });
    expect(report).toMatchObject({ firstMs: Date.UTC(2024, 0, 1), lastMs: Date.UTC(2024, 0, 8) });
    expect(store.quarantined.map(({ line, reason }) => `${line}: ${reason}`)).toEqual([
      '5: open is -5, it must be above 0',
      '6: open 2300, high 2200, low 2400, close 2350 cannot be one candle',
      '7: open: "abc" is not a number',
      '8: date: "not-a-date" is not a time',
      '9: the time 2999-01-01T00:00:00.000Z is in the future (now 2026-01-05T00:00:00.000Z)',
      '10: the row has 2 cells, the header 6',
    ]);
    expect(store.quarantined.map(({ row }) => row)).toEqual(bad);
    expect(report!.warnings.join('\n')).toMatch(/--venue/);
    const [again] = await ingestFile(path, deps);
    expect(again).toMatchObject({ stored: 0, duplicates: 4, quarantined: 6 });
  });

  it('takes venue, volume unit, symbol and series from flags', async () => {
    const { accepted, notes } = await one('some.csv', [HEADER, ...days(3)].join('\n'), {
      venue: 'Kraken',
      volumeUnit: 'usd',
      symbol: 'ETH/USD',
    });
    expect(accepted).toMatchObject({ series: 'kraken:ETHUSD:1d', volumeUnit: 'usd', quote: 'USD' });
    expect(notes).toEqual([]);
    const named = await one('some.csv', [HEADER, ...days(3)].join('\n'), { series: 'mine:eth:1d' });
    expect(named.accepted.series).toBe('mine:eth:1d');
  });

  it('takes of several pairs in one file that of Ether', async () => {
    const pairs = ['BTCUSDT', 'ETHUSDT'].flatMap((pair) => [`2024-01-01,${pair},1,2,1,2`, `2024-01-02,${pair},1,2,1,2`]);
    const { accepted, skipped, notes } = await one('kraken_all.csv', ['date,symbol,open,high,low,close', ...pairs].join('\n'));
    expect(accepted).toMatchObject({ series: 'kraken:ETHUSDT:1d', quote: 'USDT' });
    expect([accepted.timeMs.length, skipped]).toEqual([2, 2]);
    expect(notes).toContain('2 rows are skipped: they are not of ETHUSDT');
  });

  it('counts a repeated row as duplicate, and quarantines a second one with other values', async () => {
    const { accepted, duplicates, rejected } = await one(
      'twice.csv',
      [HEADER, ...days(3), candle('2024-01-02'), '2024-01-03,2301,2400,2200,2350,1'].join('\n'),
    );
    expect([accepted.timeMs.length, duplicates]).toEqual([3, 1]);
    expect(rejected.map((row) => row.rule)).toEqual(['duplicate.conflict']);
  });

  it('does not take a candle that is not over', async () => {
    const { accepted, rejected } = await one(
      'now.csv',
      [HEADER, candle('2026-01-03'), candle('2026-01-04'), candle('2026-01-05')].join('\n'),
    );
    expect(accepted.timeMs.length).toBe(2);
    expect(rejected[0]).toMatchObject({ rule: 'time.not_over' });
  });

  it('keeps rows in any order and says so; newest first needs no word', async () => {
    const mixed = await one('mixed.csv', [HEADER, candle('2024-01-02'), candle('2024-01-01'), candle('2024-01-03')].join('\n'));
    expect(mixed.warnings.map((finding) => finding.rule)).toEqual(['order']);
    const newest = await one('newest.csv', [HEADER, ...days(5).reverse()].join('\n'));
    expect(newest.warnings).toEqual([]);
  });

  it('stores nothing when a file is refused', async () => {
    const store = new MemoryStore();
    const run = ingestFile(file('noise.parquet', Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919) % 251))), {
      store,
      clock: new ManualClock(NOW),
    });
    expect(await refusal(run)).toMatchObject({ code: 'ingest.not_a_table', exitCode: 3 });
    expect(store.keys.size).toBe(0);
  });
});

describe('refusals', () => {
  const hours = [HEADER, candle('2024-01-01')].join('\n');
  it.each<[string, string | Buffer, IngestOptions, string]>([
    ['empty.csv', '', {}, 'ingest.empty'],
    ['blank.csv', ' \n\n', {}, 'ingest.empty'],
    ['short.csv.gz', gzipSync(Buffer.from(hours.repeat(50))).subarray(0, 60), {}, 'ingest.gzip_damaged'],
    ['empty.csv.gz', gzipSync(Buffer.alloc(0)), {}, 'ingest.empty'],
    ['page.csv', '<!DOCTYPE html><html></html>', {}, 'ingest.html'],
    ['header.csv', `${HEADER}\n`, {}, 'ingest.no_rows'],
    ['latin.csv', Buffer.from(`${HEADER}\n${candle('2024-01-01')},caf\xe9\n`, 'latin1'), {}, 'ingest.encoding_unsupported'],
    ['archive.zip', Buffer.from('PK\u0003\u0004 and more', 'latin1'), {}, 'ingest.compression_unsupported'],
    ['cut.parquet', Buffer.from('PAR1 and no end', 'latin1'), {}, 'ingest.parquet_damaged'],
    ['hollow.parquet', Buffer.from('PAR1 and no footer PAR1', 'latin1'), {}, 'ingest.parquet_damaged'],
    ['cut.json', '[{"date":"2024-01-01","open":', {}, 'ingest.json_malformed'],
    ['odd.json', '{"a":[1],"b":[2]}', {}, 'ingest.json_shape'],
    ['deep.json', `${'{"a":'.repeat(5000)}[]${'}'.repeat(5000)}`, {}, 'ingest.json_shape'],
    ['deeper.json', '['.repeat(200_000), {}, 'ingest.json_malformed'],
    ['none.json', '[]', {}, 'ingest.no_rows'],
    ['words.json', '"hello"', {}, 'ingest.not_a_table'],
    ['unknown.csv', 'date,foo\n2024-01-01,5\n', {}, 'ingest.dataset_unknown'],
    ['btcusdt_1h.csv', hours, {}, 'ingest.not_ether'],
    ['euro.csv', hours, { symbol: 'ETHEUR' }, 'ingest.not_dollars'],
    ['mismatch.csv', hours, { dataset: 'whale_data' }, 'ingest.dataset_mismatch'],
    ['name.csv', 'date,foo\n2024-01-01,5\n', { dataset: 'Bad Name' }, 'ingest.dataset_name'],
    ['serial.csv', `${HEADER}\n${candle(45123)}\n${candle(45124)}\n`, {}, 'ingest.time_unit_ambiguous'],
    ['slashed.csv', `${HEADER}\n${candle('01/02/2024')}\n${candle('01/03/2024')}\n`, {}, 'ingest.date_order_ambiguous'],
    ['dates.csv', `${HEADER}\n${candle('soon')}\n`, {}, 'ingest.time_unreadable'],
    ['notime.csv', 'when,open,high,low,close\nx,1,1,1,1\n', {}, 'ingest.time_column_unknown'],
    ['odd-steps.csv', `${HEADER}\n${candle('2024-01-01')}\n${candle('2024-01-18')}\n`, {}, 'ingest.interval_unknown'],
    ['single.csv', `${HEADER}\n${candle('2024-01-01T05:00:00Z')}\n`, {}, 'ingest.interval_unknown'],
    ['interval.csv', hours, { interval: 'soon' }, 'ingest.interval_unreadable'],
    ['series.csv', hours, { series: 'mine' }, 'ingest.series_name'],
    ['delimiter.csv', hours, { delimiter: '::' }, 'ingest.delimiter_unreadable'],
    ['chart.csv', '"Date(UTC)","UnixTimeStamp","Value"\n"1/2/2024","1704153600","5"\n', {}, 'ingest.column_unknown'],
  ])('%s', async (name, content, options, code) => {
    const refused = await refusal(prepare(name, content, options));
    expect(refused.code).toBe(code);
    expect(refused.hint).toBeTruthy();
  });

  it('says that a file is missing, or none, as wrong usage', async () => {
    expect(await refusal(prepareFile(join(folder, 'missing.csv'), NOW))).toMatchObject({
      code: 'ingest.file_missing',
      exitCode: 2,
    });
    expect(await refusal(prepareFile(folder, NOW))).toMatchObject({ code: 'ingest.not_a_file', exitCode: 2 });
  });
});

describe('formats', () => {
  const rows = [0, 1, 2].map((hour) => ({
    timestamp: `2024-01-01T0${hour}:00:00Z`,
    open: 10,
    high: 12,
    low: 9,
    close: 11 + hour / 10,
    volume: 5,
  }));
  const text = [Object.keys(rows[0]!).join(','), ...rows.map((row) => Object.values(row).join(','))].join('\n');
  const expected = { series: 'binance:ETHUSDT:1h', volumeUnit: 'eth', quote: 'USDT' };

  it.each<[string, string | Buffer]>([
    ['csv', text],
    ['csv', `\ufeff${text.replaceAll('\n', '\r\n')}`],
    ['csv', Buffer.from(`\ufeff${text}`, 'utf16le')],
    ['csv', Buffer.from(`\ufeff${text}`, 'utf16le').swap16()],
    ['csv.gz', gzipSync(text)],
    ['tsv', text.replaceAll(',', '\t')],
    ['json', JSON.stringify(rows)],
    ['json', JSON.stringify({ symbol: 'ETHUSDT', data: rows }, null, 2)],
    ['ndjson', rows.map((row) => JSON.stringify(row)).join('\n')],
    ['ndjson.gz', gzipSync(rows.map((row) => JSON.stringify(row)).join('\n'))],
  ])('reads %s (%#)', async (extension, content) => {
    const { accepted, rejected } = await one(`binance_eth_usdt.${extension}`, content);
    expect(accepted).toMatchObject(expected);
    expect(accepted.numbers.close).toEqual(Float64Array.of(11, 11.1, 11.2));
    expect(accepted.timeMs[2]).toBe(Date.UTC(2024, 0, 1, 2));
    expect(rejected).toEqual([]);
  });

  it('quarantines a line of NDJSON that is broken', async () => {
    const lines = [...rows.map((row) => JSON.stringify(row)), '{"timestamp": "2024-'];
    const { accepted, rejected } = await one('binance_ethusdt.ndjson', lines.join('\n'));
    expect(accepted.timeMs.length).toBe(3);
    expect(rejected).toMatchObject([{ line: 4, reason: 'the line is no JSON', row: '{"timestamp": "2024-' }]);
  });
});

describe('usual exports', () => {
  const kline = (time: number, unit: number) => [
    time * unit,
    '10',
    '12',
    '9',
    '11',
    '5',
    (time + 3_600_000) * unit - 1,
    '55',
    7,
    '2',
    '22',
    '0',
  ];
  const hours = [0, 1, 2].map((hour) => Date.UTC(2025, 0, 1, hour));

  it.each([1, 1000])('Binance Vision klines, without header, in units of 1/%i ms', async (unit) => {
    const { accepted } = await one('ETHUSDT-1h-2025-01.csv', hours.map((hour) => kline(hour, unit).join(',')).join('\n'));
    expect(accepted).toMatchObject({ series: 'binance:ETHUSDT:1h', volumeUnit: 'eth' });
    expect([...accepted.timeMs]).toEqual(hours);
    expect([...accepted.availableTimeMs]).toEqual(hours.map((hour) => hour + 3_600_000));
  });

  it('a klines reply of the Binance API', async () => {
    const { accepted } = await one('ethusdt.json', JSON.stringify(hours.map((hour) => kline(hour, 1))));
    expect(accepted).toMatchObject({ series: 'binance:ETHUSDT:1h' });
  });

  it('mixed seconds and milliseconds, as CryptoDataDownload once wrote', async () => {
    const rows = hours.map((hour, row) => `${row === 0 ? hour / 1000 : hour},2025-01-01,ETH/USDT,10,12,9,11,5,55,7`);
    const text = [
      'https://www.CryptoDataDownload.com',
      'unix,date,symbol,open,high,low,close,Volume ETH,Volume USDT,tradecount',
      ...rows,
    ].join('\n');
    const { accepted, notes } = await one('Binance_ETHUSDT_1h.csv', text);
    expect(accepted).toMatchObject({ series: 'binance:ETHUSDT:1h', volumeUnit: 'eth' });
    expect([...accepted.timeMs]).toEqual(hours);
    expect(accepted.numbers.volume).toEqual(Float64Array.of(5, 5, 5));
    expect(notes).toEqual(['the time column mixes units (1 rows in s, 2 rows in ms); each row was read in its own']);
  });

  it('Yahoo by its adjusted close', async () => {
    const { accepted } = await one(
      'ETH-USD.csv',
      'Date,Open,High,Low,Close,Adj Close,Volume\n2024-01-01,10,12,9,11,11,500\n2024-01-02,10,12,9,11,11,500\n',
    );
    expect(accepted).toMatchObject({ series: 'yahoo:ETH-USD:1d', volumeUnit: 'usd', quote: 'USD' });
  });

  it('CoinGecko market_chart: moments, known when they stand', async () => {
    const days = [0, 1, 2].map((day) => Date.UTC(2024, 0, 1 + day));
    const list = (value: number) => days.map((day, index) => [day + 250, value + index]);
    const { accepted, rejected } = await one(
      'chart.json',
      JSON.stringify({ prices: [...list(2000), [days[2]! + 40_000_000, 2001]], market_caps: list(0), total_volumes: list(7) }),
    );
    expect(accepted).toMatchObject({ series: 'coingecko:ethereum:1d', volumeUnit: 'usd' });
    expect([...accepted.timeMs]).toEqual(days);
    expect([...accepted.endMs]).toEqual(days);
    expect(accepted.numbers.market_cap_usd).toEqual(Float64Array.of(Number.NaN, 1, 2));
    expect(rejected.map((row) => row.rule)).toEqual(['time.off_grid']);
  });

  it('Etherscan charts by the name of the export, or by flag', async () => {
    const text =
      '"Date(UTC)","UnixTimeStamp","Value (Wei)"\n"1/2/2024","1704153600","658765374642458137201"\n"1/3/2024","1704240000","1"\n';
    const named = await one('export-TransactionFee.csv', text);
    expect(named.accepted).toMatchObject({ dataset: 'blockchain_data', series: 'etherscan:fees_eth:1d' });
    expect(named.accepted.numbers.fees_eth![0]).toBe(658.7653746424581);
    expect(named.accepted.availableTimeMs[0]).toBe(Date.UTC(2024, 0, 3, 12));
    const said = await one('some.csv', text, { column: 'gas_price_gwei' });
    expect(said.accepted.numbers.gas_price_gwei![1]).toBe(1e-9);
    const active = await one(
      'export-x.csv',
      '"Date(UTC)","UnixTimeStamp","Unique Address Total Count","Unique Address Receive Count","Unique Address Sent Count"\n"1/2/2024","1704153600","3","2","1"\n',
    );
    expect(active.accepted.numbers).toEqual({
      active_addresses: Float64Array.of(3),
      active_receivers: Float64Array.of(2),
      active_senders: Float64Array.of(1),
    });
  });

  it('the Fear & Greed reply, newest first', async () => {
    const data = [1, 0].map((day) => ({
      value: '30',
      value_classification: 'Fear',
      timestamp: String(Date.UTC(2024, 0, 1 + day) / 1000),
    }));
    const { accepted } = await one('fng.json', JSON.stringify({ name: 'Fear and Greed Index', data, metadata: { error: null } }));
    expect(accepted).toMatchObject({ series: 'alternative_me:fear_greed:1d' });
    expect(accepted.numbers.fear_greed).toEqual(Float64Array.of(30, 30));
  });

  it('a table of one’s own, under a name of one’s own', async () => {
    const text =
      'time,rate,note,open_interest\n2024-01-01T00:00:00Z,0.01,a,5\n2024-01-01T08:00:00Z,,b,6\n2024-01-01T16:00:00Z,0.02,c,7\n';
    const { accepted, notes } = await one('funding.csv', text, { dataset: 'funding_rates' });
    expect(accepted).toMatchObject({ dataset: 'funding_rates', series: 'user:funding_rates:8h' });
    expect(accepted.numbers).toEqual({ rate: Float64Array.of(0.01, Number.NaN, 0.02), open_interest: Float64Array.of(5, 6, 7) });
    expect(notes).toEqual(['columns not stored: note']);
    const builtIn = await one('chain.csv', 'time,tx_count,other\n2024-01-01,5,1\n', { dataset: 'blockchain_data' });
    expect(builtIn.accepted).toMatchObject({ series: 'user:blockchain_data:1d', numbers: { tx_count: Float64Array.of(5) } });
  });
});

describe('damaged files', () => {
  it('are read, quarantined row by row, or refused with a code, whatever byte is wrong', async () => {
    const text = Buffer.from(`${[HEADER, ...days(12)].join('\n')}\n`);
    const json = Buffer.from(
      JSON.stringify(days(4).map((row) => Object.fromEntries(HEADER.split(',').map((name, at) => [name, row.split(',')[at]])))),
    );
    const packed = gzipSync(text);
    const edits = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(text, json, packed), edits, fc.nat(), async (original, changes, cut) => {
        const bytes = Buffer.from(original);
        for (const [place, value] of changes) bytes[place % bytes.length] = value;
        const path = file('fuzzed.bin', cut % 3 === 0 ? bytes.subarray(0, cut % bytes.length) : bytes);
        try {
          const [series] = await prepareFile(path, NOW);
          const { accepted, rejected, duplicates, rows, skipped } = series!;
          expect(accepted.timeMs.length + rejected.length + duplicates + skipped).toBe(rows);
        } catch (error) {
          expect(error).toBeInstanceOf(AppError);
          expect((error as AppError).exitCode).toBe(3);
        }
      }),
      { numRuns: 3_000 },
    );
  });
});
