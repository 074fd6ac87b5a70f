import { commodityChannelIndex, moneyFlowIndex, stochastic, ultimateOscillator } from '../bar-indicators.ts';
import { type FeatureDefinition, overWindow, perRow, value } from '../feature-definition.ts';
import { rsi, wilderRows } from '../recursive-indicators.ts';

const family = 'momentum' as const;
const close = value('close');
const bars = [value('high'), value('low'), close];
const typicalPrice = perRow(['high', 'low', 'close'], (row) => (row.high + row.low + row.close) / 3);

/** Relative strength index (Wilder 1978) of the close. */
const rsiOf = (period: number): FeatureDefinition =>
  overWindow(
    {
      name: `rsi_${period}`,
      family,
      unit: 'index',
      description: `Relative strength index over ${period} days, 0..100 (TA-Lib RSI of the last ${wilderRows(period)} bars).`,
    },
    wilderRows(period),
    [close],
    (closes) => rsi(closes, period),
  );

const stochasticOf = (period: number): FeatureDefinition =>
  overWindow(
    {
      name: `stochastic_${period}`,
      family,
      unit: 'index',
      description: `Place of the close in the range of ${period} days, 0..100 (stochastic %K; Williams %R + 100).`,
    },
    period,
    bars,
    stochastic,
  );

const RSI_STREAM = {
  inputs: ['close'],
  lookback: wilderRows(14),
  start: () => rsiOf(14).start(),
};

export const MOMENTUM: readonly FeatureDefinition[] = [
  ...[3, 7, 14, 28].map(rsiOf),
  overWindow(
    {
      name: 'rsi_14_change_5',
      family,
      unit: 'index',
      description: 'Change of the 14-day relative strength index over five days.',
    },
    6,
    [RSI_STREAM],
    (values) => values.newest - values.oldest,
  ),
  overWindow(
    {
      name: 'stochastic_rsi_14',
      family,
      unit: 'index',
      description: 'Place of the 14-day relative strength index in its range of 14 days, 0..100.',
    },
    14,
    [RSI_STREAM],
    (values) => stochastic(values, values, values),
  ),
  stochasticOf(14),
  overWindow(
    { name: 'cci_20', family, unit: 'index', description: 'Commodity channel index over 20 days (Lambert 1980).' },
    20,
    [typicalPrice],
    commodityChannelIndex,
  ),
  overWindow(
    { name: 'mfi_14', family, unit: 'index', description: 'Money flow index over 14 days, 0..100.' },
    15,
    [typicalPrice, value('volume_eth')],
    moneyFlowIndex,
  ),
  overWindow(
    {
      name: 'ultimate_7_14_28',
      family,
      unit: 'index',
      description: 'Ultimate oscillator over 7, 14 and 28 days, 0..100 (Williams 1985).',
    },
    29,
    bars,
    (high, low, closes) => ultimateOscillator(high, low, closes, 7, 14, 28),
  ),
];
