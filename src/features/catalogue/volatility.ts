import { type FeatureDefinition, logReturn, ofRow, overWindow, perRow, value } from '../feature-definition.ts';
import { averageTrueRange, wilderRows } from '../recursive-indicators.ts';
import { excessKurtosis, mean, populationDeviation, sampleDeviation, skewness, zScore } from '../statistics.ts';
import type { Window } from '../window.ts';

const family = 'volatility' as const;

const dailyVolatility = (days: number): FeatureDefinition =>
  overWindow(
    {
      name: `volatility_${days}`,
      family,
      unit: 'log return per day',
      description: `Standard deviation of one-day returns over ${days} days.`,
    },
    days,
    [logReturn()],
    sampleDeviation,
  );

/** Standard deviation of the newest `rows` values. */
function recentDeviation(window: Window, rows: number): number {
  let centre = 0;
  for (let back = 0; back < rows; back++) centre += window.back(back) / rows;
  let squares = 0;
  for (let back = 0; back < rows; back++) squares += (window.back(back) - centre) ** 2;
  return Math.sqrt(squares / (rows - 1));
}

const volatilityRatio = (short: number, long: number): FeatureDefinition =>
  overWindow(
    {
      name: `volatility_ratio_${short}_${long}`,
      family,
      unit: 'log ratio',
      description: `Volatility of ${short} days against that of ${long} days.`,
    },
    long,
    [logReturn()],
    (returns) => Math.log(recentDeviation(returns, short) / sampleDeviation(returns)),
  );

/** Variance of a bar from its extremes (Parkinson 1980). */
const parkinson = perRow(['high', 'low'], (row) => Math.log(row.high / row.low) ** 2 / (4 * Math.LN2));
/** Log of the day's volatility from hours; NaN on a day without any move. */
const logRealised = perRow(['realised_variance'], (row) =>
  row.realised_variance > 0 ? 0.5 * Math.log(row.realised_variance) : Number.NaN,
);

const perDay = 'log return per day';

export const VOLATILITY: readonly FeatureDefinition[] = [
  ...[7, 14, 30, 90].map(dailyVolatility),
  volatilityRatio(7, 30),
  ofRow(
    {
      name: 'realised_volatility_24h',
      family,
      unit: perDay,
      description: 'Root of the summed squared hourly returns of 24 hours.',
    },
    ['realised_variance'],
    (row) => Math.sqrt(row.realised_variance),
  ),
  overWindow(
    {
      name: 'realised_volatility_z_30',
      family,
      unit: 'z-score',
      description: 'Log of the 24-hour realised volatility against 30 days.',
    },
    30,
    [logRealised],
    zScore,
  ),
  overWindow(
    {
      name: 'volatility_of_volatility_30',
      family,
      unit: 'log ratio',
      description: 'Spread of the daily log realised volatility over 30 days.',
    },
    30,
    [logRealised],
    sampleDeviation,
  ),
  ofRow(
    {
      name: 'downside_share_24h',
      family,
      unit: 'fraction',
      description: 'Share of the realised variance of 24 hours that came from falling hours.',
    },
    ['realised_variance', 'down_semivariance'],
    (row) => row.down_semivariance / row.realised_variance,
  ),
  ofRow(
    {
      name: 'jump_share_24h',
      family,
      unit: 'fraction',
      description: 'Share of the realised variance of 24 hours not explained by its bipower variance.',
    },
    ['realised_variance', 'bipower_variance'],
    (row) => Math.max(0, 1 - row.bipower_variance / row.realised_variance),
  ),
  ofRow(
    {
      name: 'hourly_autocorrelation_24h',
      family,
      unit: 'ratio',
      description: 'Products of neighbouring hourly returns over their squares: trending or reverting within 24 hours.',
    },
    ['hourly_autocovariance', 'realised_variance'],
    (row) => row.hourly_autocovariance / row.realised_variance,
  ),
  overWindow(
    { name: 'parkinson_14', family, unit: perDay, description: 'Volatility from highs and lows over 14 days (Parkinson 1980).' },
    14,
    [parkinson],
    (variances) => Math.sqrt(mean(variances)),
  ),
  overWindow(
    {
      name: 'atr_14',
      family,
      unit: 'fraction of price',
      description: 'Average true range over 14 days, over the close (Wilder 1978).',
    },
    wilderRows(14),
    [value('high'), value('low'), value('close')],
    (high, low, close) => averageTrueRange(high, low, close, 14) / close.newest,
  ),
  overWindow(
    {
      name: 'bollinger_position_20',
      family,
      unit: 'fraction',
      description: 'Place of the close between the 20-day bands of two deviations (%b).',
    },
    20,
    [value('close')],
    (close) => (close.newest - mean(close)) / (4 * populationDeviation(close)) + 0.5,
  ),
  overWindow(
    {
      name: 'bollinger_width_20',
      family,
      unit: 'fraction of price',
      description: 'Width of the 20-day bands of two deviations over their middle.',
    },
    20,
    [value('close')],
    (close) => (4 * populationDeviation(close)) / mean(close),
  ),
  overWindow(
    { name: 'return_skewness_30', family, unit: 'ratio', description: 'Skewness of one-day returns over 30 days.' },
    30,
    [logReturn()],
    skewness,
  ),
  overWindow(
    { name: 'return_kurtosis_30', family, unit: 'ratio', description: 'Excess kurtosis of one-day returns over 30 days.' },
    30,
    [logReturn()],
    excessKurtosis,
  ),
  overWindow(
    {
      name: 'downside_deviation_30',
      family,
      unit: perDay,
      description: 'Root of the mean squared falling one-day return over 30 days.',
    },
    30,
    [logReturn()],
    (returns) => {
      let squares = 0;
      for (let back = 0; back < returns.length; back++) squares += Math.min(0, returns.back(back)) ** 2;
      return Math.sqrt(squares / returns.length);
    },
  ),
];
