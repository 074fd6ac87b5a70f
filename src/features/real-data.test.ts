import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  DAY_MS,
  fromIso,
  HOUR_MS,
  type KnownSeries,
  PUBLICATION,
  type PublicationKind,
  type SeriesInfo,
} from '../domain/index.ts';
import { chooseCanonical } from './choose-canonical.ts';
import { dailyDecisionTimes } from './decision-times.ts';
import { engineerFeatures } from './feature-engineer.ts';
import { buildInputFrame } from './input-frame.ts';
import { knownDailyVolatility } from './known-volatility.ts';
import { lastTrainable, makeLabels } from './labels.ts';
import { findLookahead, type TablePipeline } from './lookahead-analysis.ts';

/** Where real history lies beside the checkout; tests that need it skip when it is absent. */
const REAL_DATA = join(import.meta.dirname, '../../../shared/data');
const hasRealData = existsSync(REAL_DATA);

interface FileSeries extends SeriesInfo {
  readonly file: string;
  readonly timeColumn: string;
  readonly publication: PublicationKind;
  /** Column of the file -> column of the dataset, and a factor. */
  readonly columns: Readonly<Record<string, readonly [name: string, factor?: number]>>;
}

const candles = { open: ['open'], high: ['high'], low: ['low'], close: ['close'], volume: ['volume'] } as const;

const FILES = {
  binanceHourly: {
    file: 'eth_usdt_1h_binance_2017-2025.csv.gz',
    dataset: 'price_data',
    series: 'binance:ETHUSDT:1h',
    periodMs: HOUR_MS,
    volumeUnit: 'eth',
    quote: 'USDT',
    timeColumn: 'timestamp',
    publication: 'exchange_candle',
    columns: candles,
  },
  yahooDaily: {
    file: 'eth_usd_daily_yahoo_2017-2025.csv',
    dataset: 'price_data',
    series: 'yahoo:ETH-USD:1d',
    periodMs: DAY_MS,
    volumeUnit: 'usd',
    quote: 'USD',
    timeColumn: 'date',
    publication: 'yahoo_daily',
    columns: candles,
  },
  etherscan: {
    file: 'eth_onchain_daily_etherscan_2015-2025.csv',
    dataset: 'blockchain_data',
    series: 'etherscan:ethereum:1d',
    periodMs: DAY_MS,
    timeColumn: 'date',
    publication: 'chain_daily_report',
    columns: {
      tx_count: ['tx_count'],
      gas_used: ['gas_used'],
      avg_gas_price_wei: ['gas_price_gwei', 1e-9],
      avg_gas_limit: ['gas_limit'],
      active_addresses: ['active_addresses'],
      network_utilization: ['utilization'],
    },
  },
  fearGreed: {
    file: 'crypto_fear_greed_daily_2018-2025.csv',
    dataset: 'sentiment_data',
    series: 'alternative_me:fear_greed:1d',
    periodMs: DAY_MS,
    timeColumn: 'date',
    publication: 'fear_greed',
    columns: { value: ['fear_greed'] },
  },
  staking: {
    file: 'eth_staking_daily_validatorqueue_2023-2025.csv',
    dataset: 'validator_data',
    series: 'validatorqueue:ethereum:1d',
    periodMs: DAY_MS,
    timeColumn: 'date',
    publication: 'validator_queue_daily',
    columns: {
      validators: ['active_validators'],
      entry_queue: ['entry_queue_eth'],
      exit_queue: ['exit_queue_eth'],
      staked_amount: ['staked_eth'],
      staked_percent: ['staked_share', 0.01],
    },
  },
} as const satisfies Record<string, FileSeries>;

/** A recorded file as the as-of join reads it. */
function loadReal(name: keyof typeof FILES): KnownSeries {
  const { file, timeColumn, publication, columns, ...info }: FileSeries = FILES[name];
  const bytes = readFileSync(join(REAL_DATA, file));
  const [head, ...lines] = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8').trim().split('\n');
  const header = head!.split(',');
  const cells = lines.map((line) => line.split(','));
  const timeMs = Float64Array.from(cells, (row) => fromIso(row[header.indexOf(timeColumn)]!));
  const endMs = timeMs.map((at) => at + info.periodMs);
  const numbers = Object.fromEntries(
    Object.entries(columns).map(([from, [to, factor = 1]]) => {
      const column = header.indexOf(from);
      return [to, Float64Array.from(cells, (row) => (row[column] === '' ? Number.NaN : Number(row[column]) * factor))];
    }),
  );
  return {
    ...info,
    rows: cells.length,
    timeMs,
    endMs,
    knownFromMs: timeMs.map((at, i) => PUBLICATION[publication].availableMs(at, endMs[i]!)),
    revision: new Int32Array(cells.length),
    numbers,
  };
}

const names = ['binanceHourly', 'yahooDaily', 'etherscan', 'fearGreed', 'staking'] as const;

/** Features of all recorded history, and the row of one day in its middle. */
function prepare() {
  const series = names.map(loadReal);
  const timesMs = dailyDecisionTimes(Date.UTC(2018, 5, 1), Date.UTC(2025, 11, 31));
  const canonical = chooseCanonical(series, Date.UTC(2023, 0, 1), Date.UTC(2024, 0, 1)).series;
  const frame = buildInputFrame(series, timesMs, { canonical });
  const table = engineerFeatures(frame);
  const checked = Date.UTC(2024, 5, 15, 23);
  const row = timesMs.indexOf(checked);
  return { series, timesMs, canonical, frame, table, checked, row };
}

describe.skipIf(!hasRealData)(`features of recorded history (skipped where ${REAL_DATA} is absent)`, () => {
  let history: ReturnType<typeof prepare>;
  beforeAll(() => {
    history = prepare();
  });

  it('are made from the hourly series', () => {
    const { series, canonical, frame, checked, row } = history;
    expect(canonical).toBe('binance:ETHUSDT:1h');
    expect(frame.suspect.reduce((total, flag) => total + flag, 0)).toBeLessThan(12);
    expect(frame.columns.close![row]).toBe(series[0]!.numbers.close![series[0]!.timeMs.indexOf(checked - HOUR_MS)]);
  });

  it('are mostly known, and the same without the later data', () => {
    const { series, timesMs, canonical, table, checked, row } = history;
    const values = table.matrix.data.subarray(row * table.names.length, (row + 1) * table.names.length);
    expect(values.filter(Number.isFinite).length).toBeGreaterThan(table.names.length / 2);
    const pipeline: TablePipeline = (cut, times) => engineerFeatures(buildInputFrame(cut, times, { canonical }));
    const from = row - 260;
    const findings = findLookahead(pipeline, series, {
      decisionTimesMs: timesMs.slice(from, row + 40),
      checkTimesMs: [checked, checked + 5 * DAY_MS],
    });
    expect(findings).toEqual([]);
  });

  it('are close to those of the daily series, a day later', () => {
    const { series, timesMs, frame } = history;
    const daily = buildInputFrame(series, timesMs, { canonical: 'yahoo:ETH-USD:1d' });
    const close = daily.columns.close!;
    const gaps = frame.columns.close!.map((price, i) => Math.abs(Math.log(price / close[Math.min(i + 1, close.length - 1)]!)));
    expect(gaps.toSorted()[Math.floor(gaps.length / 2)]).toBeLessThan(0.01);
  });

  it('come with labels of all three classes, the last one known in time', () => {
    const { series, timesMs, frame } = history;
    const labels = makeLabels(series[0]!, timesMs, { roundTripCost: 0.003, dailyVolatility: knownDailyVolatility(frame) });
    const share = (index: number) => labels.label.filter((label) => label === index).length / timesMs.length;
    expect(share(0)).toBeGreaterThan(0.15);
    expect(share(1)).toBeGreaterThan(0.15);
    expect(share(2)).toBeGreaterThan(0.3);
    expect(timesMs[lastTrainable(labels.knownMs, Date.UTC(2024, 5, 16, 2))]).toBe(Date.UTC(2024, 5, 14, 23));
  });
});
