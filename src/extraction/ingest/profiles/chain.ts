import { DAY_MS, HOUR_MS } from '../../../domain/index.ts';
import type { KnownProfile } from './profile.ts';

/**
 * Etherscan chart exports joined on the date. Gas price in wei, total fees in wei (beyond 2^53), hash rate in GH/s. It
 * writes 0 for prices, fees and limits of days on which it has none: the first days before blocks held transactions,
 * and 181 early days without a dollar price. The number of transactions of those days is a real 0.
 */
const etherscanDaily: KnownProfile = {
  name: 'etherscan daily charts',
  needs: ['date', 'tx_count', 'gas_used', 'avg_gas_price_wei'],
  time: ['date'],
  interval: DAY_MS,
  targets: [
    {
      dataset: 'blockchain_data',
      source: 'etherscan',
      subject: 'ethereum',
      publication: 'chain_daily_report',
      required: ['tx_count'],
      columns: [
        { from: 'tx_count', to: 'tx_count' },
        { from: 'gas_used', to: 'gas_used' },
        { from: 'avg_gas_price_wei', to: 'gas_price_gwei', shift: -9, zeroIsUnknown: true },
        { from: 'avg_gas_limit', to: 'gas_limit', zeroIsUnknown: true },
        { from: 'ether_price_usd', to: 'ether_price_usd', zeroIsUnknown: true },
        { from: 'active_addresses', to: 'active_addresses' },
        { from: 'active_receivers', to: 'active_receivers' },
        { from: 'active_senders', to: 'active_senders' },
        { from: 'avg_tx_fee_usd', to: 'fee_usd', zeroIsUnknown: true },
        { from: 'avg_block_size_bytes', to: 'block_size_bytes' },
        { from: 'burnt_eth', to: 'burnt_eth' },
        { from: 'cumulative_unique_addresses', to: 'new_addresses' },
        { from: 'network_utilization', to: 'utilization' },
        { from: 'network_hash_ghs', to: 'hash_rate_ghs' },
        { from: 'total_tx_fees_wei', to: 'fees_eth', shift: -18 },
        { from: 'ether_supply', to: 'supply_eth' },
      ],
    },
  ],
};

/** Coin Metrics community network data: `Ntv` is ETH, the hash rate TH/s. */
const coinMetricsDaily: KnownProfile = {
  name: 'coin metrics daily',
  needs: ['time', 'adractcnt', 'txcnt'],
  time: ['time'],
  interval: DAY_MS,
  targets: [
    {
      dataset: 'blockchain_data',
      source: 'coinmetrics',
      subject: 'ethereum',
      publication: 'chain_daily_report',
      required: ['tx_count'],
      columns: [
        { from: 'adractcnt', to: 'active_addresses' },
        { from: 'blkcnt', to: 'block_count' },
        { from: 'blksizemeanbyte', to: 'block_size_bytes' },
        { from: 'feetotntv', to: 'fees_eth' },
        { from: 'feemeanusd', to: 'fee_usd' },
        { from: 'hashrate', to: 'hash_rate_ghs', shift: 3 },
        { from: 'splycur', to: 'supply_eth' },
        { from: 'txcnt', to: 'tx_count' },
        { from: 'txtfrvalntv', to: 'transfer_volume_eth' },
        { from: 'txtfrvalusd', to: 'transfer_volume_usd' },
        { from: 'priceusd', to: 'ether_price_usd' },
      ],
    },
  ],
};

/**
 * Dune's hourly export: a price from decentralised exchanges and the chain's activity. The dollar volume is what moved on
 * the chain, not what was traded, so the candles have no volume. An hour without a deposit leaves `staking_inflow_eth`
 * empty. The sign of the net flow is taken as inflow minus outflow; the source does not say.
 */
const duneHourly: KnownProfile = {
  name: 'dune hourly',
  needs: ['timestamp', 'open', 'high', 'low', 'close', 'onchain_volume_usd', 'transaction_count'],
  time: ['timestamp'],
  interval: HOUR_MS,
  targets: [
    {
      dataset: 'price_data',
      source: 'dune',
      subject: 'ETH-USD',
      publication: 'node_blocks',
      volumeUnit: 'unknown',
      quote: 'USD',
      columns: ['open', 'high', 'low', 'close'].map((name) => ({ from: name, to: name })),
    },
    {
      dataset: 'blockchain_data',
      source: 'dune',
      subject: 'ethereum',
      publication: 'node_blocks',
      required: ['tx_count'],
      columns: [
        { from: 'onchain_volume_usd', to: 'transfer_volume_usd' },
        { from: 'transaction_count', to: 'tx_count' },
        { from: 'avg_gas_fee_usd', to: 'fee_usd' },
        { from: 'fail_rate_percent', to: 'fail_rate', shift: -2 },
        { from: 'active_sending_addresses', to: 'active_senders' },
        { from: 'active_receiving_addresses', to: 'active_receivers' },
        { from: 'exchange_depositing_count', to: 'exchange_deposits' },
        { from: 'exchange_withdrawing_count', to: 'exchange_withdrawals' },
        { from: 'exchange_netflow_usd', to: 'exchange_netflow_usd' },
        { from: 'staking_inflow_eth', to: 'staking_inflow_eth' },
      ],
    },
  ],
  ignored: {
    avg_priority_fee_usd: 'priority fees are kept in gwei, and the price of the hour is not the price they were paid at',
  },
};

export const CHAIN_PROFILES: readonly KnownProfile[] = [etherscanDaily, coinMetricsDaily, duneHourly];
