import type { FeatureDefinition } from '../feature-definition.ts';
import { overWindow, perRow } from '../feature-definition.ts';
import { sum, zScore } from '../statistics.ts';
import { joinedFeatures } from './joined-feature.ts';

const whales = joinedFeatures('whales');
const family = 'whales' as const;
const USD = ['whale_inflow_usd', 'whale_outflow_usd'] as const;

/** ln(1 + x): flows are often zero and sometimes huge. */
const logFlow = (input: string) => perRow([input], (row) => Math.log1p(row[input]));
const net = perRow(['whale_inflow_eth', 'whale_outflow_eth'], (row) => row.whale_inflow_eth - row.whale_outflow_eth);
const gross = perRow(['whale_inflow_eth', 'whale_outflow_eth'], (row) => row.whale_inflow_eth + row.whale_outflow_eth);

const flowZ = (input: string, what: string): FeatureDefinition =>
  overWindow(
    {
      name: `${input}_z_30`,
      family,
      unit: 'z-score',
      description: `Log of ${what} in standard deviations from its mean of 30 days.`,
    },
    30,
    [logFlow(input)],
    zScore,
  );

const netShare = (days: number): FeatureDefinition =>
  overWindow(
    {
      name: `whale_net_share_${days}`,
      family,
      unit: 'fraction',
      description: `Large inflows to named entities less outflows, over both, of ${days} days.`,
    },
    days,
    [net, gross],
    (nets, grosses) => sum(nets) / sum(grosses),
  );

export const WHALES: readonly FeatureDefinition[] = [
  ...[1, 3, 7].map(netShare),
  flowZ('whale_inflow_eth', 'large inflows of 24 hours'),
  flowZ('whale_outflow_eth', 'large outflows of 24 hours'),
  flowZ('whale_transfer_eth', 'all large transfers of 24 hours'),
  overWindow(
    {
      name: 'whale_net_z_30',
      family,
      unit: 'z-score',
      description: 'Net large inflow of 24 hours in standard deviations from its 30-day mean.',
    },
    30,
    [net],
    zScore,
  ),
  whales.row(
    'whale_inflow_to_volume',
    'fraction',
    ['whale_inflow_usd', 'volume_usd'],
    'Large inflows over the volume traded in the same 24 hours.',
    (row) => row.whale_inflow_usd / row.volume_usd,
  ),
  whales.row(
    'whale_net_to_volume',
    'fraction',
    [...USD, 'volume_usd'],
    'Net large inflow over the volume traded in the same 24 hours.',
    (row) => (row.whale_inflow_usd - row.whale_outflow_usd) / row.volume_usd,
  ),
  whales.row(
    'whale_count_balance',
    'fraction',
    ['whale_inflow_count', 'whale_outflow_count'],
    'Number of large inflows less that of outflows, over both.',
    (row) => (row.whale_inflow_count - row.whale_outflow_count) / (row.whale_inflow_count + row.whale_outflow_count),
  ),
];
