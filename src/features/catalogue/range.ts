import { type FeatureDefinition, ofRow, overWindow, value } from '../feature-definition.ts';
import { maximum, minimum, rowsSinceExtreme } from '../statistics.ts';

const family = 'range' as const;
const bars = [value('high'), value('low'), value('close')];

/** Shape of the last bar; `over` its range. */
const ofBar = (name: string, description: string, part: (open: number, high: number, low: number, close: number) => number) =>
  ofRow({ name, family, unit: 'fraction', description }, ['open', 'high', 'low', 'close'], (row) => {
    return part(row.open, row.high, row.low, row.close) / (row.high - row.low);
  });

const channelPosition = (days: number): FeatureDefinition =>
  overWindow(
    {
      name: `channel_position_${days}`,
      family,
      unit: 'fraction',
      description: `Place of the close between the low and the high of ${days} days.`,
    },
    days,
    bars,
    (high, low, close) => (close.newest - minimum(low)) / (maximum(high) - minimum(low)),
  );

export const RANGE: readonly FeatureDefinition[] = [
  ofRow({ name: 'range_24h', family, unit: 'log ratio', description: 'High against low of 24 hours.' }, ['high', 'low'], (row) =>
    Math.log(row.high / row.low),
  ),
  ofBar('close_location', 'Place of the close between low and high of 24 hours.', (_open, _high, low, close) => close - low),
  ofBar('balance_of_power', 'Close less open over the range of 24 hours.', (open, _high, _low, close) => close - open),
  ofBar('upper_wick', 'Part of the range above open and close.', (open, high, _low, close) => high - Math.max(open, close)),
  ofBar('lower_wick', 'Part of the range below open and close.', (open, _high, low, close) => Math.min(open, close) - low),
  ofRow(
    { name: 'hour_of_high', family, unit: 'fraction', description: 'When in the 24 hours the high was, 0 begin to 1 end.' },
    ['hour_of_high'],
    (row) => row.hour_of_high / 23,
  ),
  ofRow(
    { name: 'hour_of_low', family, unit: 'fraction', description: 'When in the 24 hours the low was, 0 begin to 1 end.' },
    ['hour_of_low'],
    (row) => row.hour_of_low / 23,
  ),
  ...[20, 60].map(channelPosition),
  ...[30, 90, 180].map((days) =>
    overWindow(
      { name: `drawdown_${days}`, family, unit: 'log ratio', description: `Close against the highest high of ${days} days.` },
      days,
      [value('high'), value('close')],
      (high, close) => Math.log(close.newest / maximum(high)),
    ),
  ),
  overWindow(
    { name: 'recovery_30', family, unit: 'log ratio', description: 'Close against the lowest low of 30 days.' },
    30,
    [value('low'), value('close')],
    (low, close) => Math.log(close.newest / minimum(low)),
  ),
  overWindow(
    { name: 'days_since_high_30', family, unit: 'fraction', description: 'Age of the 30-day high as a share of the window.' },
    30,
    [value('high')],
    (high) => rowsSinceExtreme(high, 1) / 29,
  ),
  overWindow(
    { name: 'days_since_low_30', family, unit: 'fraction', description: 'Age of the 30-day low as a share of the window.' },
    30,
    [value('low')],
    (low) => rowsSinceExtreme(low, -1) / 29,
  ),
  overWindow(
    { name: 'range_contraction_7_30', family, unit: 'log ratio', description: 'Range of seven days against that of 30 days.' },
    30,
    [value('high'), value('low')],
    (high, low) => {
      let [top, bottom] = [high.newest, low.newest];
      for (let back = 1; back < 7; back++) {
        top = Math.max(top, high.back(back));
        bottom = Math.min(bottom, low.back(back));
      }
      return Math.log((top - bottom) / (maximum(high) - minimum(low)));
    },
  ),
];
