import { DAY_MS, HOUR_MS, type KnownSeries } from '../domain/index.ts';

/** How the rows of a series become one number for a decision time. */
export type Reading =
  /** The newest row known. */
  | { readonly kind: 'newest' }
  /** Sum or mean over the last 24 known hours; at least 22 of them must have a value. */
  | { readonly kind: 'sum24' | 'mean24' }
  /**
   * Sum over rows that exist only where something happened, in the 24 hours before T. No row in them is 0, provided the
   * source has spoken within `maxAgeMs`; `flow` takes only events of that direction, `count` counts rows.
   */
  | { readonly kind: 'events24'; readonly flow?: 'inflow' | 'outflow'; readonly count?: true };

/** One place where an input can come from: series whose name begins with `source:` and ends with `:interval`. */
export interface InputSource {
  readonly source: string;
  readonly interval: string;
  readonly column: string;
  readonly reading: Reading;
  readonly maxAgeMs: number;
}

export interface InputDefinition {
  readonly name: string;
  readonly dataset: 'blockchain_data' | 'validator_data' | 'whale_data' | 'sentiment_data';
  /** In order of preference; the first that gives a number at T is taken. */
  readonly sources: readonly InputSource[];
}

/** A daily report of D comes at D+1 12:00, so a decision at 23:00 reads it at an age of 47 h; one day may be missing. */
const DAILY_REPORT_AGE_MS = 72 * HOUR_MS;
/** Validator numbers move slowly, and their source has left out three days in a row. */
const STAKING_AGE_MS = 120 * HOUR_MS;
/** Blocks become final late where they are far apart; a day-old hour still says what the chain was like. */
const HOURLY_AGE_MS = DAY_MS;
/** Sources of rare events are silent for days (the longest silence recorded is 52 h). */
const EVENT_AGE_MS = 4 * DAY_MS;

const newest = (source: string, column: string, maxAgeMs = DAILY_REPORT_AGE_MS): InputSource => ({
  source,
  interval: '1d',
  column,
  reading: { kind: 'newest' },
  maxAgeMs,
});
const hours = (source: string, column: string, kind: 'sum24' | 'mean24'): InputSource => ({
  source,
  interval: '1h',
  column,
  reading: { kind },
  maxAgeMs: HOURLY_AGE_MS,
});
const events = (
  source: string,
  interval: string,
  column: string,
  reading: Omit<Reading & { kind: 'events24' }, 'kind'> = {},
) => ({
  source,
  interval,
  column,
  reading: { kind: 'events24' as const, ...reading },
  maxAgeMs: EVENT_AGE_MS,
});

const chain = (name: string, kind: 'sum24' | 'mean24', ...daily: readonly string[]): InputDefinition => ({
  name,
  dataset: 'blockchain_data',
  sources: [
    hours('node', name, kind),
    ...daily.filter((source) => source === 'etherscan').map((source) => newest(source, name)),
    ...daily.filter((source) => source === 'dune').map((source) => hours(source, name, kind)),
    ...daily.filter((source) => source === 'coinmetrics').map((source) => newest(source, name)),
  ],
});
const staking = (
  name: string,
  sources: readonly InputSource[] = [
    newest('beacon', name, STAKING_AGE_MS),
    newest('beaconchain', name, STAKING_AGE_MS),
    newest('validatorqueue', name, STAKING_AGE_MS),
  ],
) => ({
  name,
  dataset: 'validator_data' as const,
  sources,
});
const whales = (flow: 'inflow' | 'outflow', measure: 'eth' | 'usd' | 'count'): InputDefinition => {
  const single = { flow, ...(measure === 'count' ? { count: true as const } : {}) };
  const amount = measure === 'usd' ? 'amount_usd' : 'amount_eth';
  return {
    name: `whale_${flow}_${measure}`,
    dataset: 'whale_data',
    sources: [
      events('whale_alert', 'tx', amount, single),
      events('whale_alert', '1h', `${flow}_${measure}`),
      events('node', 'tx', amount, single),
      newest('tokenanalyst', `${flow}_${measure}`),
    ],
  };
};

/** Every input that is joined to the decision bars, and where it may come from. The only place where this stands. */
export const INPUT_SOURCES: readonly InputDefinition[] = [
  chain('tx_count', 'sum24', 'etherscan', 'dune', 'coinmetrics'),
  chain('gas_used', 'sum24', 'etherscan'),
  chain('gas_limit', 'mean24', 'etherscan'),
  chain('utilization', 'mean24', 'etherscan'),
  chain('gas_price_gwei', 'mean24', 'etherscan'),
  chain('base_fee_gwei', 'mean24'),
  chain('base_fee_p95_gwei', 'mean24'),
  chain('priority_fee_gwei', 'mean24'),
  chain('burnt_eth', 'sum24', 'etherscan'),
  chain('fees_eth', 'sum24', 'etherscan', 'coinmetrics'),
  chain('fee_usd', 'mean24', 'etherscan', 'dune', 'coinmetrics'),
  chain('blob_gas_used', 'sum24'),
  {
    name: 'active_addresses',
    dataset: 'blockchain_data',
    sources: ['etherscan', 'coinmetrics'].map((s) => newest(s, 'active_addresses')),
  },
  {
    name: 'active_senders',
    dataset: 'blockchain_data',
    sources: [newest('etherscan', 'active_senders'), hours('dune', 'active_senders', 'sum24')],
  },
  {
    name: 'active_receivers',
    dataset: 'blockchain_data',
    sources: [newest('etherscan', 'active_receivers'), hours('dune', 'active_receivers', 'sum24')],
  },
  { name: 'new_addresses', dataset: 'blockchain_data', sources: [newest('etherscan', 'new_addresses')] },
  chain('transfer_volume_usd', 'sum24', 'dune', 'coinmetrics'),
  chain('block_size_bytes', 'mean24', 'etherscan', 'coinmetrics'),
  {
    name: 'hash_rate_ghs',
    dataset: 'blockchain_data',
    sources: ['etherscan', 'coinmetrics'].map((s) => newest(s, 'hash_rate_ghs')),
  },
  {
    name: 'chain_supply_eth',
    dataset: 'blockchain_data',
    sources: ['etherscan', 'coinmetrics'].map((s) => newest(s, 'supply_eth')),
  },
  chain('fail_rate', 'mean24', 'dune'),
  chain('exchange_deposits', 'sum24', 'dune'),
  chain('exchange_withdrawals', 'sum24', 'dune'),
  chain('exchange_netflow_usd', 'sum24', 'dune'),
  chain('staking_inflow_eth', 'sum24', 'dune'),
  staking('active_validators'),
  staking('entry_queue_eth'),
  staking('exit_queue_eth'),
  staking('entry_wait_days'),
  staking('exit_wait_days'),
  staking('staked_eth'),
  staking('staked_share'),
  staking('apr'),
  staking('participation'),
  staking('deposited_eth', [newest('beacon', 'deposited_eth'), newest('dune', 'deposited_eth')]),
  whales('inflow', 'eth'),
  whales('outflow', 'eth'),
  whales('inflow', 'usd'),
  whales('outflow', 'usd'),
  whales('inflow', 'count'),
  whales('outflow', 'count'),
  {
    name: 'whale_transfer_eth',
    dataset: 'whale_data',
    sources: [events('whale_alert', 'tx', 'amount_eth'), events('node', 'tx', 'amount_eth')],
  },
  {
    name: 'fear_greed',
    dataset: 'sentiment_data',
    sources: [newest('alternative_me', 'fear_greed', 48 * HOUR_MS)],
  },
  { name: 'score_mean', dataset: 'sentiment_data', sources: [newest('feeds', 'score_mean')] },
  { name: 'post_count', dataset: 'sentiment_data', sources: [newest('feeds', 'post_count')] },
];

/** Whether `series` is one that `source` speaks of. */
export function matches(source: InputSource, series: KnownSeries): boolean {
  return series.series.startsWith(`${source.source}:`) && series.series.endsWith(`:${source.interval}`);
}
