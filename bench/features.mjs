// Feature engineering over eight years of hourly candles and daily chain data (made up here), and over a window of 400
// days as the daily cycle reads it: joining inputs as known at each decision, and all features of the catalogue.
import { createRng, DAY_MS, HOUR_MS, normal } from '../dist/domain/index.js';
import { buildInputFrame, dailyDecisionTimes, engineerFeatures } from '../dist/features/index.js';
import { timed } from './measure.mjs';

const START = Date.UTC(2017, 7, 17);
const DAYS = 3_050;

function series(info, rows, lagMs, numbers) {
  const timeMs = Float64Array.from({ length: rows }, (_, i) => START + i * info.periodMs);
  const endMs = timeMs.map((at) => at + info.periodMs);
  return { ...info, rows, timeMs, endMs, knownFromMs: endMs.map((at) => at + lagMs), revision: new Int32Array(rows), numbers };
}

function world() {
  const rng = createRng(1);
  const hours = DAYS * 24;
  const [open, high, low, close, volume] = Array.from({ length: 5 }, () => new Float64Array(hours));
  let price = 300;
  for (let i = 0; i < hours; i++) {
    open[i] = price;
    price *= Math.exp(0.008 * normal(rng));
    close[i] = price;
    high[i] = Math.max(open[i], price) * (1 + 0.002 * rng());
    low[i] = Math.min(open[i], price) * (1 - 0.002 * rng());
    volume[i] = 1000 * Math.exp(normal(rng));
  }
  const daily = (names) =>
    Object.fromEntries(names.map((name) => [name, Float64Array.from({ length: DAYS }, () => 1e6 * Math.exp(0.1 * normal(rng)))]));
  const candles = { dataset: 'price_data', series: 'binance:ETHUSDT:1h', periodMs: HOUR_MS, volumeUnit: 'eth', quote: 'USDT' };
  const chain = { dataset: 'blockchain_data', series: 'etherscan:ethereum:1d', periodMs: DAY_MS };
  const mood = { dataset: 'sentiment_data', series: 'alternative_me:fear_greed:1d', periodMs: DAY_MS };
  return [
    series(candles, hours, 0, { open, high, low, close, volume }),
    series(chain, DAYS, 12 * HOUR_MS, daily(['tx_count', 'gas_used', 'gas_limit', 'gas_price_gwei', 'active_addresses'])),
    series(mood, DAYS, HOUR_MS - DAY_MS, daily(['fear_greed'])),
  ];
}

export async function run() {
  const all = world();
  const times = dailyDecisionTimes(START, START + DAYS * DAY_MS - 1);
  const measure = async (timesMs) => {
    const inputs = await timed(() => buildInputFrame(all, timesMs, { canonical: 'binance:ETHUSDT:1h' }));
    const features = await timed(() => engineerFeatures(inputs.result));
    const totalMs = inputs.ms + features.ms;
    return {
      days: timesMs.length,
      features: features.result.names.length,
      inputsMs: inputs.ms,
      featuresMs: features.ms,
      rowsPerSecond: Math.round((timesMs.length / totalMs) * 1000),
    };
  };
  return { hourlyRows: all[0].rows, wholeHistory: await measure(times), dailyWindow: await measure(times.slice(-400)) };
}
