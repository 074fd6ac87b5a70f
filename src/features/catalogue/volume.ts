import { chaikinMoneyFlow } from '../bar-indicators.ts';
import {
  type FeatureDefinition,
  logOf,
  logReturn,
  ofRow,
  overWindow,
  perRow,
  type Stream,
  value,
} from '../feature-definition.ts';
import { correlation, mean, rankOfNewest, sum, zScore } from '../statistics.ts';

const family = 'volume' as const;
const logVolume = logOf('volume_usd');

/** -1 where the close is the low of its bar, 1 where it is the high. */
const closeLocation = perRow(['high', 'low', 'close'], (row) =>
  row.high > row.low ? (2 * row.close - row.high - row.low) / (row.high - row.low) : 0,
);

/** Volume with the sign of the day's move. */
const signedVolume: Stream = {
  inputs: ['close', 'volume_eth'],
  lookback: 2,
  start() {
    const read = logReturn().start();
    return (row) => Math.sign(read(row)) * row.volume_eth;
  },
};

/** Absolute return per dollar traded (Amihud 2002), as a log; NaN on a day without a move. */
const logIlliquidity: Stream = {
  inputs: ['close', 'volume_usd'],
  lookback: 2,
  start() {
    const read = logReturn().start();
    return (row) => Math.log((Math.abs(read(row)) + 1e-6) / row.volume_usd);
  },
};

export const VOLUME: readonly FeatureDefinition[] = [
  overWindow(
    { name: 'volume_change_1d', family, unit: 'log ratio', description: 'Change of the 24-hour dollar volume in a day.' },
    2,
    [logVolume],
    (volumes) => volumes.newest - volumes.oldest,
  ),
  ...[7, 30].map((days) =>
    overWindow(
      {
        name: `volume_gap_${days}`,
        family,
        unit: 'log ratio',
        description: `Log dollar volume against its mean of ${days} days.`,
      },
      days,
      [logVolume],
      (volumes) => volumes.newest - mean(volumes),
    ),
  ),
  overWindow(
    {
      name: 'volume_z_30',
      family,
      unit: 'z-score',
      description: 'Log dollar volume in standard deviations from its 30-day mean.',
    },
    30,
    [logVolume],
    zScore,
  ),
  overWindow(
    { name: 'volume_rank_90', family, unit: 'rank 0..1', description: 'Rank of the dollar volume among those of 90 days.' },
    90,
    [logVolume],
    rankOfNewest,
  ),
  overWindow(
    {
      name: 'chaikin_money_flow_20',
      family,
      unit: 'fraction',
      description: 'Volume weighted by where the close lies in its bar, over 20 days.',
    },
    20,
    [closeLocation, value('volume_eth')],
    chaikinMoneyFlow,
  ),
  ...[10, 30].map((days) =>
    overWindow(
      {
        name: `on_balance_volume_${days}`,
        family,
        unit: 'fraction',
        description: `Volume of rising less that of falling days, over all volume of ${days} days.`,
      },
      days,
      [signedVolume, value('volume_eth')],
      (signed, volume) => sum(signed) / sum(volume),
    ),
  ),
  overWindow(
    {
      name: 'volume_return_correlation_30',
      family,
      unit: 'correlation',
      description: 'Correlation of one-day returns with changes of log volume over 30 days.',
    },
    30,
    [logReturn('close'), logReturn('volume_usd')],
    correlation,
  ),
  overWindow(
    {
      name: 'illiquidity_z_30',
      family,
      unit: 'z-score',
      description: 'Log of absolute return per dollar traded against 30 days (Amihud 2002).',
    },
    30,
    [logIlliquidity],
    zScore,
  ),
  ofRow(
    { name: 'vwap_gap_24h', family, unit: 'log ratio', description: 'Close against the volume-weighted price of 24 hours.' },
    ['close', 'vwap'],
    (row) => Math.log(row.close / row.vwap),
  ),
  ofRow(
    {
      name: 'late_volume_share',
      family,
      unit: 'fraction',
      description: 'Share of the volume of 24 hours that fell in their last six.',
    },
    ['late_volume_share'],
    (row) => row.late_volume_share,
  ),
];
