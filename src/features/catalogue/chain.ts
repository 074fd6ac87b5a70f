import { type FeatureDefinition, logReturn, overWindow, perRow } from '../feature-definition.ts';
import { correlation, zScore } from '../statistics.ts';
import { joinedFeatures } from './joined-feature.ts';

const chain = joinedFeatures('chain');
const family = 'chain' as const;

/** Market value over value moved, as a log: how much price a unit of use carries. NaN where the supply is not known. */
const valueToTransfers = perRow(['close', 'transfer_volume_usd'], (row) => Math.log(row.close / row.transfer_volume_usd));

export const CHAIN: readonly FeatureDefinition[] = [
  chain.change('tx_count', 1, 'transactions of 24 hours'),
  chain.change('tx_count', 7, 'transactions of 24 hours'),
  chain.gap('tx_count', 7, 'transactions of 24 hours'),
  chain.logZ('tx_count', 30, 'transactions of 24 hours'),
  chain.change('gas_used', 1, 'gas used in 24 hours'),
  chain.gap('gas_used', 7, 'gas used in 24 hours'),
  chain.logZ('gas_used', 30, 'gas used in 24 hours'),
  chain.change('gas_limit', 30, 'the gas limit'),
  chain.level('utilization', 'fraction', 'Gas used of the gas limit, mean of 24 hours'),
  chain.difference('utilization', 1, 'fraction', 'utilisation'),
  chain.z('utilization', 30, 'Utilisation'),
  chain.change('gas_price_gwei', 1, 'the mean gas price'),
  chain.logZ('gas_price_gwei', 30, 'the mean gas price'),
  chain.change('base_fee_gwei', 1, 'the mean base fee'),
  chain.gap('base_fee_gwei', 7, 'the mean base fee'),
  chain.logZ('base_fee_gwei', 30, 'the mean base fee'),
  chain.row(
    'base_fee_peak',
    'log ratio',
    ['base_fee_p95_gwei', 'base_fee_gwei'],
    '95th percentile of the base fee against its mean: how bursty demand for block space is.',
    (row) => Math.log(row.base_fee_p95_gwei / row.base_fee_gwei),
  ),
  chain.row(
    'priority_fee_share',
    'fraction',
    ['priority_fee_gwei', 'base_fee_gwei'],
    'Priority fee as a share of the whole fee.',
    (row) => row.priority_fee_gwei / (row.priority_fee_gwei + row.base_fee_gwei),
  ),
  chain.logZ('priority_fee_gwei', 30, 'the median priority fee'),
  chain.logZ('burnt_eth', 30, 'Ether burnt in 24 hours'),
  chain.logZ('fees_eth', 30, 'fees of 24 hours'),
  chain.logZ('fee_usd', 30, 'the mean fee in dollars'),
  chain.logZ('blob_gas_used', 30, 'blob gas used in 24 hours'),
  chain.change('active_addresses', 7, 'active addresses'),
  chain.logZ('active_addresses', 30, 'active addresses'),
  chain.row(
    'senders_to_receivers',
    'log ratio',
    ['active_senders', 'active_receivers'],
    'Active senders against active receivers.',
    (row) => Math.log(row.active_senders / row.active_receivers),
  ),
  chain.change('new_addresses', 7, 'addresses ever seen'),
  chain.change('transfer_volume_usd', 7, 'value moved in 24 hours'),
  chain.logZ('transfer_volume_usd', 30, 'value moved in 24 hours'),
  overWindow(
    {
      name: 'price_to_transfers_z_30',
      family,
      unit: 'z-score',
      description: 'Price over value moved, as a log, against 30 days.',
    },
    30,
    [valueToTransfers],
    zScore,
  ),
  chain.logZ('block_size_bytes', 30, 'the mean block size'),
  chain.change('hash_rate_ghs', 30, 'the hash rate'),
  chain.change('chain_supply_eth', 30, 'the supply of Ether'),
  chain.z('fail_rate', 30, 'Share of failed transactions'),
  chain.row(
    'exchange_deposit_balance',
    'fraction',
    ['exchange_deposits', 'exchange_withdrawals'],
    'Deposits to exchanges less withdrawals, over both.',
    (row) => (row.exchange_deposits - row.exchange_withdrawals) / (row.exchange_deposits + row.exchange_withdrawals),
  ),
  chain.z('exchange_netflow_usd', 30, 'Dollars into exchanges less those out'),
  chain.z('staking_inflow_eth', 30, 'Ether sent to staking in 24 hours'),
  overWindow(
    {
      name: 'activity_return_correlation_30',
      family,
      unit: 'correlation',
      description: 'Correlation of one-day returns with changes of the transaction count over 30 days.',
    },
    30,
    [logReturn('close'), logReturn('tx_count')],
    correlation,
  ),
  chain.row(
    'chain_age_hours',
    'hours',
    ['blockchain_data_age_hours'],
    'Age of the newest chain data that was read.',
    (row) => row.blockchain_data_age_hours,
  ),
];
