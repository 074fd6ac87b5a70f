import { CLASS_LABELS, type ClassIndex, createRng, DAY_MS, HOUR_MS, normal, type TimeMs } from '../../domain/index.ts';
import { buyAndHold, performanceMetrics } from '../metrics/index.ts';
import type { ReportData, ReportDay, ReportTrade } from './report-data.ts';

const START_MS: TimeMs = Date.UTC(2019, 0, 1, 23);
const COSTS = { feeBps: 10, slippageBps: 5 };

/** A made-up run of so many days: a random walk, a slightly knowing model, a position of half the equity. */
export function sampleReport(dayCount: number, over: Partial<ReportData> = {}): ReportData {
  const rng = createRng(7);
  const startUsd = 10_000;
  const prices = walk(dayCount + 1, rng);
  const held = buyAndHold(prices, startUsd, COSTS);
  const days: ReportDay[] = [];
  const trades: ReportTrade[] = [];
  let cash = startUsd;
  let eth = 0;
  let entry: { timeMs: TimeMs; priceUsd: number; feesUsd: number } | null = null;
  for (let i = 0; i < dayCount; i++) {
    const timeMs = START_MS + i * DAY_MS;
    const priceUsd = prices[i]!;
    const move = prices[i + 1]! / priceUsd - 1;
    const came: ClassIndex = move > 0.018 ? 0 : move < -0.018 ? 1 : 2;
    const said: ClassIndex = rng() < 0.12 ? came : rng() < 0.45 ? 2 : rng() < 0.55 ? 0 : 1;
    const confidence = 0.36 + 0.3 * rng() ** 2;
    const isSure = confidence >= 0.45;
    let action: ReportDay['action'] = 'HOLD';
    if (isSure && said === 0 && eth === 0) {
      action = 'BUY';
      eth = (0.5 * cash) / priceUsd;
      entry = { timeMs, priceUsd, feesUsd: 0.001 * eth * priceUsd };
      cash -= eth * priceUsd + entry.feesUsd;
    } else if (isSure && said === 1 && entry !== null) {
      action = 'SELL';
      const feesUsd = entry.feesUsd + 0.001 * eth * priceUsd;
      cash += 0.999 * eth * priceUsd;
      trades.push({
        entryTimeMs: entry.timeMs,
        entryPriceUsd: entry.priceUsd.toFixed(2),
        exitTimeMs: timeMs,
        exitPriceUsd: priceUsd.toFixed(2),
        quantityEth: eth.toFixed(4),
        feesUsd: feesUsd.toFixed(8),
        pnlUsd: (eth * (priceUsd - entry.priceUsd) - feesUsd).toFixed(8),
        reason: 'signal_sell',
      });
      eth = 0;
      entry = null;
    }
    const equityUsd = cash + eth * priceUsd;
    days.push({
      timeMs,
      priceUsd,
      equityUsd,
      buyAndHoldUsd: held[i]!,
      label: CLASS_LABELS[said],
      action,
      confidence,
      exposure: (eth * priceUsd) / equityUsd,
      outcome: i < dayCount - 1 ? came : null,
    });
  }
  const timeMs = Float64Array.from(days, (x) => x.timeMs);
  const bootstrap = { resamples: 200 };
  const metrics = performanceMetrics({
    timeMs,
    equityUsd: Float64Array.from(days, (x) => x.equityUsd),
    exposure: Float64Array.from(days, (x) => x.exposure),
    trades,
    tradedUsd: trades.length * startUsd,
    rng,
    bootstrap,
  });
  return {
    title: 'Backtest of the daily strategy',
    simulated: true,
    madeAtMs: Date.UTC(2026, 5, 1, 12),
    command: 'ets backtest --start 2019-01-01 --end 2025-12-31 --retrain-every 7d --train-days 365',
    periodStartMs: START_MS,
    periodEndMs: days.at(-1)?.timeMs ?? START_MS,
    startUsd,
    endUsd: days.at(-1)?.equityUsd ?? startUsd,
    buyAndHoldUsd: days.at(-1)?.buyAndHoldUsd ?? startUsd,
    feesUsd: metrics.feesUsd,
    skill: {
      verdict: 'none',
      text: 'Its log loss is not better than that of the class shares: the 95 % interval of the daily gain, -0.0021 to 0.0034, includes 0.',
    },
    metrics,
    buyAndHold: performanceMetrics({ timeMs, equityUsd: held.slice(0, dayCount), rng, bootstrap }),
    model: {
      days: Math.max(dayCount - 1, 0),
      logLoss: 1.0612,
      accuracy: 0.4312,
      baselineLogLoss: 1.0641,
      baselineAccuracy: 0.4205,
    },
    days,
    trades,
    trainings: Array.from({ length: Math.ceil(dayCount / 28) }, (_, i) => ({
      trainedUntilMs: START_MS + (28 * i - 1) * DAY_MS + HOUR_MS,
      rows: 365,
      logLoss: 1.06 + 0.01 * rng(),
      baselineLogLoss: 1.064,
      decision: i % 5 === 0 ? 'promoted' : 'kept',
      reason: i === 0 ? 'first' : i < 2 ? 'too_few_days' : i % 5 === 0 ? 'better' : 'not_better',
    })),
    data: [
      { series: 'price_data/yahoo_hourly', rows: 62_123, firstMs: START_MS - 400 * DAY_MS, lastMs: START_MS + dayCount * DAY_MS },
      {
        series: 'sentiment_data/fear_greed',
        rows: 2_901,
        firstMs: START_MS - 330 * DAY_MS,
        lastMs: START_MS + dayCount * DAY_MS,
      },
    ],
    settings: [
      ['Seed', '1'],
      ['Fee', '10 bps'],
      ['Slippage', '5 bps'],
      ['Confidence threshold', '0.45'],
      ['Target size', '50 % of equity'],
    ],
    ...over,
  };
}

function walk(points: number, rng: () => number): Float64Array {
  const prices = new Float64Array(points);
  let price = 140;
  for (let i = 0; i < points; i++) {
    prices[i] = price;
    price *= Math.exp(0.001 + 0.038 * normal(rng));
  }
  return prices;
}
