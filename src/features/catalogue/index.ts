import type { FeatureDefinition } from '../feature-definition.ts';
import { CALENDAR } from './calendar.ts';
import { CHAIN } from './chain.ts';
import { MOMENTUM } from './momentum.ts';
import { RANGE } from './range.ts';
import { RETURNS } from './returns.ts';
import { SENTIMENT } from './sentiment.ts';
import { STAKING } from './staking.ts';
import { TREND } from './trend.ts';
import { VOLATILITY } from './volatility.ts';
import { VOLUME } from './volume.ts';
import { WHALES } from './whales.ts';

/** Every built-in feature, in the order of the feature table's columns. */
export const CATALOGUE: readonly FeatureDefinition[] = [
  ...RETURNS,
  ...TREND,
  ...MOMENTUM,
  ...VOLATILITY,
  ...VOLUME,
  ...RANGE,
  ...CHAIN,
  ...STAKING,
  ...WHALES,
  ...SENTIMENT,
  ...CALENDAR,
];
