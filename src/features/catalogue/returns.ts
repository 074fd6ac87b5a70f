import { type FeatureDefinition, logReturn, ofRow, overWindow, value } from '../feature-definition.ts';
import { autocorrelation, mean, rankOfNewest, sampleDeviation, shareWhere, zScore } from '../statistics.ts';

const family = 'returns' as const;

/** ln(close / close `days` before). */
const returnOver = (days: number): FeatureDefinition =>
  overWindow(
    { name: `return_${days}d`, family, unit: 'log return', description: `Log return of the close over ${days} days.` },
    days + 1,
    [value('close')],
    (close) => Math.log(close.newest / close.oldest),
  );

/** The one-day return of `days` ago. */
const laggedReturn = (days: number): FeatureDefinition =>
  overWindow(
    { name: `return_1d_lag_${days}`, family, unit: 'log return', description: `One-day log return ${days} days before.` },
    days + 1,
    [logReturn()],
    (returns) => returns.oldest,
  );

const intraday = (name: string, input: string, description: string): FeatureDefinition =>
  ofRow({ name, family, unit: 'log return', description }, [input], (row) => row[input]);

export const RETURNS: readonly FeatureDefinition[] = [
  ...[1, 3, 5, 7, 14, 30, 90].map(returnOver),
  ...[1, 2].map(laggedReturn),
  intraday('return_last_1h', 'last_1h_return', 'Log return of the last hour before the decision.'),
  intraday('return_last_4h', 'last_4h_return', 'Log return of the last four hours before the decision.'),
  intraday('return_last_12h', 'last_12h_return', 'Log return of the last twelve hours before the decision.'),
  intraday('return_best_hour', 'best_hour_return', 'Largest hourly log return of the last 24 hours.'),
  intraday('return_worst_hour', 'worst_hour_return', 'Smallest hourly log return of the last 24 hours.'),
  overWindow(
    { name: 'return_z_30', family, unit: 'z-score', description: 'One-day return in standard deviations from its 30-day mean.' },
    30,
    [logReturn()],
    zScore,
  ),
  overWindow(
    { name: 'return_rank_90', family, unit: 'rank 0..1', description: 'Rank of the one-day return among those of 90 days.' },
    90,
    [logReturn()],
    rankOfNewest,
  ),
  overWindow(
    { name: 'up_day_share_14', family, unit: 'fraction', description: 'Share of the last 14 days that rose.' },
    14,
    [logReturn()],
    (returns) => shareWhere(returns, (gain) => gain > 0),
  ),
  overWindow(
    {
      name: 'return_autocorrelation_30',
      family,
      unit: 'correlation',
      description: 'Autocorrelation of one-day returns at lag one over 30 days.',
    },
    30,
    [logReturn()],
    autocorrelation,
  ),
  ...[14, 30].map((days) =>
    overWindow(
      {
        name: `return_to_risk_${days}`,
        family,
        unit: 'ratio',
        description: `Mean one-day return of ${days} days over its standard deviation.`,
      },
      days,
      [logReturn()],
      (returns) => mean(returns) / sampleDeviation(returns),
    ),
  ),
];
