// Bars per second of given signals over candle files: the loop and every order through the trading core.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { backtestFixedSignals } from '../dist/backtest/fixed-signals.js';
import { hasRecordedData, recordedData, timed } from './measure.mjs';

const FILES = { hourly: 'eth_usdt_1h_binance_2017-2025.csv.gz', minutes: 'eth_usdt_1m_binance_2025-05_2025-08.csv.gz' };

/** A crossing of the 20 and the 100 bar average, as the usual examples have it. */
function crossings({ timeMs, close }) {
  const signals = [];
  let short = 0;
  let long = 0;
  let on = 0;
  for (let i = 0; i < close.length; i++) {
    short += close[i] - (i >= 20 ? close[i - 20] : 0);
    long += close[i] - (i >= 100 ? close[i - 100] : 0);
    const target = i >= 99 && short / 20 > long / 100 ? 1 : 0;
    if (target !== on) signals.push({ timeMs: timeMs[i], target });
    on = target;
  }
  return signals;
}

function readCandles(file) {
  const [head, ...lines] = gunzipSync(readFileSync(join(recordedData, file)))
    .toString()
    .trim()
    .split('\n');
  const names = head.split(',');
  const cells = lines.map((line) => line.split(','));
  const column = (name) => Float64Array.from(cells, (row) => Number(row[names.indexOf(name)]));
  return { timeMs: Float64Array.from(cells, (row) => Date.parse(row[0])), open: column('open'), close: column('close') };
}

function syntheticCandles(bars) {
  const timeMs = Float64Array.from({ length: bars }, (_, i) => i * 60_000);
  const close = Float64Array.from(
    timeMs,
    (_, i) => Math.round((2000 + 200 * Math.sin(i / 400) + 20 * Math.sin(i / 17)) * 100) / 100,
  );
  return { timeMs, open: close, close };
}

export async function run() {
  const sets = hasRecordedData
    ? Object.fromEntries(Object.entries(FILES).map(([name, file]) => [name, readCandles(file)]))
    : { synthetic: syntheticCandles(130_000) };
  const results = {};
  for (const [name, candles] of Object.entries(sets)) {
    const signals = crossings(candles);
    const options = { capitalUsd: '10000', feeBps: 10, slippageBps: 0, useFilters: false };
    const { ms, result } = await timed(() => backtestFixedSignals(candles, signals, options), 7);
    results[name] = {
      bars: result.bars,
      trades: result.trades,
      ms,
      barsPerS: Math.round((result.bars / ms) * 1000),
      endUsd: Number(result.equity.endUsd),
    };
  }
  return results;
}
