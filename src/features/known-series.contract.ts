import { createRng, DAY_MS, HOUR_MS, type KnownSeries, normal, type SeriesInfo } from '../domain/index.ts';

/** One row of a series as a test writes it. */
export interface TestRow {
  readonly timeMs: number;
  readonly knownFromMs?: number;
  readonly revision?: number;
  readonly id?: string;
  readonly numbers: Readonly<Record<string, number>>;
  readonly texts?: Readonly<Record<string, string | null>>;
}

/** Rows to a series as storage hands it over: ascending in (timeMs, id, revision), known at their end unless told otherwise. */
export function knownSeries(info: SeriesInfo, rows: readonly TestRow[]): KnownSeries {
  const sorted = rows.toSorted(
    (a, b) =>
      a.timeMs - b.timeMs ||
      ((a.id ?? '') < (b.id ?? '') ? -1 : (a.id ?? '') > (b.id ?? '') ? 1 : 0) ||
      (a.revision ?? 0) - (b.revision ?? 0),
  );
  const column = (pick: (row: TestRow) => number) => Float64Array.from(sorted, pick);
  const names = [...new Set(sorted.flatMap((row) => Object.keys(row.numbers)))];
  const textNames = [...new Set(sorted.flatMap((row) => Object.keys(row.texts ?? {})))];
  return {
    ...info,
    rows: sorted.length,
    timeMs: column((row) => row.timeMs),
    endMs: column((row) => row.timeMs + info.periodMs),
    knownFromMs: column((row) => row.knownFromMs ?? row.timeMs + info.periodMs),
    revision: Int32Array.from(sorted, (row) => row.revision ?? 0),
    ...(sorted.some((row) => row.id !== undefined) ? { ids: sorted.map((row) => row.id ?? '') } : {}),
    numbers: Object.fromEntries(names.map((name) => [name, column((row) => row.numbers[name] ?? Number.NaN)])),
    ...(textNames.length > 0
      ? { texts: Object.fromEntries(textNames.map((name) => [name, sorted.map((row) => row.texts?.[name] ?? null)])) }
      : {}),
  };
}

export const HOURLY: SeriesInfo = {
  dataset: 'price_data',
  series: 'binance:ETHUSDT:1h',
  periodMs: HOUR_MS,
  volumeUnit: 'eth',
  quote: 'USDT',
};

export interface WalkOptions {
  readonly info?: SeriesInfo;
  readonly startMs: number;
  readonly rows: number;
  readonly seed?: number;
  readonly startPrice?: number;
}

/** Candles of a seeded random walk. */
export function walk({ info = HOURLY, startMs, rows, seed = 1, startPrice = 1000 }: WalkOptions): TestRow[] {
  const rng = createRng(seed);
  const scale = 0.04 * Math.sqrt(info.periodMs / DAY_MS);
  let price = startPrice;
  return Array.from({ length: rows }, (_, i) => {
    const open = price;
    const close = open * Math.exp(scale * normal(rng));
    const high = Math.max(open, close) * (1 + 0.3 * scale * rng());
    const low = Math.min(open, close) * (1 - 0.3 * scale * rng());
    price = close;
    return { timeMs: startMs + i * info.periodMs, numbers: { open, high, low, close, volume: 1000 * Math.exp(normal(rng)) } };
  });
}

/** A small world: hourly and daily prices, chain, staking, whale transfers and sentiment over `days` from `startMs`. */
export function smallWorld(startMs: number, days: number, seed = 1): KnownSeries[] {
  const rng = createRng(seed, 9);
  const daily = (dataset: string, series: string, lagMs: number, numbers: (day: number) => Record<string, number>) =>
    knownSeries(
      { dataset, series, periodMs: DAY_MS },
      Array.from({ length: days }, (_, day) => ({
        timeMs: startMs + day * DAY_MS,
        knownFromMs: startMs + (day + 1) * DAY_MS + lagMs,
        numbers: numbers(day),
      })),
    );
  const chainHours = Array.from({ length: days * 24 }, (_, hour) => ({
    timeMs: startMs + hour * HOUR_MS,
    knownFromMs: startMs + (hour + 1) * HOUR_MS + 15 * 60_000,
    numbers: {
      tx_count: 40_000 + 5_000 * normal(rng),
      gas_used: 4e9 * (1 + 0.1 * normal(rng)),
      utilization: 0.5 + 0.05 * Math.sin(hour),
      base_fee_gwei: 20 * Math.exp(0.3 * normal(rng)),
    },
  }));
  const transfers = Array.from({ length: days * 6 }, (_, i) => {
    const timeMs = startMs + Math.floor((i + rng()) * 4 * HOUR_MS);
    return {
      timeMs,
      knownFromMs: timeMs + 10 * 60_000,
      id: `tx${i}`,
      numbers: { amount_eth: 10_000 * rng(), amount_usd: 2e7 * rng() },
      texts: { flow: rng() < 0.4 ? 'inflow' : rng() < 0.5 ? 'outflow' : 'wallet' },
    };
  });
  return [
    knownSeries(HOURLY, walk({ startMs, rows: days * 24, seed })),
    knownSeries({ dataset: 'blockchain_data', series: 'node:ethereum:1h', periodMs: HOUR_MS }, chainHours),
    daily('blockchain_data', 'etherscan:ethereum:1d', 12 * HOUR_MS, () => ({
      tx_count: 1e6 * Math.exp(0.1 * normal(rng)),
      active_addresses: 4e5 * Math.exp(0.05 * normal(rng)),
    })),
    daily('validator_data', 'validatorqueue:ethereum:1d', 0, (day) => ({
      active_validators: 500_000 + 100 * day + 50 * rng(),
      entry_queue_eth: 1e5 * (1 + rng()),
      exit_queue_eth: 1e4 * (1 + rng()),
      staked_eth: 2e7 + 1000 * day,
      staked_share: 0.2 + 0.0001 * day,
    })),
    daily('sentiment_data', 'alternative_me:fear_greed:1d', HOUR_MS - DAY_MS, () => ({ fear_greed: Math.floor(100 * rng()) })),
    knownSeries({ dataset: 'whale_data', series: 'node:eth:tx', periodMs: 0 }, transfers),
  ];
}

/** The same rows as they come in real life: some a day late, some dropped, some corrected later. */
export function withDisturbances(series: KnownSeries, seed: number): KnownSeries {
  const rng = createRng(seed, 3);
  const rows: TestRow[] = [];
  for (let i = 0; i < series.rows; i++) {
    const chance = rng();
    if (chance < 0.01) continue;
    const base: TestRow = {
      timeMs: series.timeMs[i]!,
      knownFromMs: series.knownFromMs[i]! + (chance < 0.06 ? Math.floor(rng() * 30) * HOUR_MS : 0),
      numbers: Object.fromEntries(Object.entries(series.numbers).map(([name, column]) => [name, column[i]!])),
      ...(series.ids ? { id: series.ids[i]! } : {}),
      ...(series.texts
        ? { texts: Object.fromEntries(Object.entries(series.texts).map(([name, column]) => [name, column[i]!])) }
        : {}),
    };
    rows.push(base);
    if (chance > 0.97) {
      const numbers = Object.fromEntries(Object.entries(base.numbers).map(([name, value]) => [name, value * 1.02]));
      rows.push({ ...base, revision: 1, knownFromMs: base.knownFromMs! + Math.floor(rng() * 100) * HOUR_MS, numbers });
    }
  }
  const { dataset, series: name, periodMs, volumeUnit, quote } = series;
  return knownSeries(
    { dataset, series: name, periodMs, ...(volumeUnit ? { volumeUnit } : {}), ...(quote ? { quote } : {}) },
    rows,
  );
}
