import { DATASET_NAMES, type DatasetName } from './series.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, type TimeMs } from './time.ts';

/** One column of a dataset. `min` and `max` are hard limits: a value outside is an error, not a surprise. */
export interface ColumnDefinition {
  readonly name: string;
  readonly unit: string;
  readonly type: 'number' | 'text';
  /** A row without it is quarantined. */
  readonly required?: boolean;
  readonly min?: number;
  readonly max?: number;
  readonly description: string;
}

export interface DatasetDefinition {
  readonly name: DatasetName;
  readonly description: string;
  readonly columns: readonly ColumnDefinition[];
}

const number = (name: string, unit: string, description: string, limits: Partial<ColumnDefinition> = {}): ColumnDefinition => ({
  name,
  unit,
  type: 'number',
  description,
  ...limits,
});
const text = (name: string, description: string): ColumnDefinition => ({ name, unit: 'text', type: 'text', description });
const positive = { min: Number.MIN_VALUE };
const notNegative = { min: 0 };
const share = { min: 0, max: 1 };

/** The five datasets. A series fills the columns that its source knows; the others are not known (NaN, null). */
export const DATASETS: readonly DatasetDefinition[] = [
  {
    name: 'price_data',
    description: 'Candles of Ether, each [open time, close time).',
    columns: [
      number('open', 'quote/ETH', 'First price of the interval', { ...positive, required: true }),
      number('high', 'quote/ETH', 'Highest price', { ...positive, required: true }),
      number('low', 'quote/ETH', 'Lowest price', { ...positive, required: true }),
      number('close', 'quote/ETH', 'Last price', { ...positive, required: true }),
      number('volume', 'per series: eth or usd', 'Traded volume', notNegative),
      number('market_cap_usd', 'USD', 'Market capitalisation', notNegative),
    ],
  },
  {
    name: 'whale_data',
    description: 'Large Ether transfers, single (`...:tx`) or summed by hour (`...:1h`).',
    columns: [
      number('amount_eth', 'ETH', 'Amount of one transfer', notNegative),
      number('amount_usd', 'USD', 'Amount at the price of that time', notNegative),
      text('symbol', 'Asset that moved: ETH, WETH, STETH; in series of stablecoins USDT, USDC, DAI'),
      text('from_owner', 'Named sender, null where not known'),
      text('to_owner', 'Named receiver, null where not known'),
      text('flow', 'inflow, outflow, wallet, exchange, mint or burn'),
      text('flag', 'label_later: an address is labelled, but was not yet at that time; flow is null then'),
      number('inflow_eth', 'ETH', 'Into named entities during the hour or day', notNegative),
      number('outflow_eth', 'ETH', 'Out of named entities during the hour or day', notNegative),
      number('inflow_usd', 'USD', 'Into named entities', notNegative),
      number('outflow_usd', 'USD', 'Out of named entities', notNegative),
      number('net_inflow_usd', 'USD', 'inflow_usd - outflow_usd'),
      number('inflow_count', 'transfers', 'Transfers into named entities', notNegative),
      number('outflow_count', 'transfers', 'Transfers out of named entities', notNegative),
    ],
  },
  {
    name: 'validator_data',
    description: 'Validator set, queues and staking.',
    columns: [
      number('active_validators', 'validators', 'Active validators', notNegative),
      number('entry_queue_eth', 'ETH', 'Waiting to enter', notNegative),
      number('exit_queue_eth', 'ETH', 'Waiting to leave', notNegative),
      number('entry_wait_days', 'days', 'Wait to enter', notNegative),
      number('exit_wait_days', 'days', 'Wait to leave', notNegative),
      number('staked_eth', 'ETH', 'Staked Ether', notNegative),
      number('staked_share', 'fraction', 'Staked Ether of the supply', share),
      number('supply_eth', 'ETH', 'Supply of Ether', notNegative),
      number('apr', 'fraction per year', 'Staking reward rate', { min: 0, max: 10 }),
      number('participation', 'fraction', 'Share of validators that attested; null where the source does not give it', share),
      number('deposited_eth', 'ETH', 'Ether ever deposited to the deposit contract', notNegative),
      number('pending_deposits_eth', 'ETH', 'Deposits waiting since Electra', notNegative),
      number('pending_withdrawals_eth', 'ETH', 'Partial withdrawals waiting', notNegative),
      number('pending_consolidations', 'consolidations', 'Consolidations of validators waiting', notNegative),
      number('justified_epoch', 'epoch', 'Last justified epoch at the sample', notNegative),
      number('finalized_epoch', 'epoch', 'Last finalised epoch at the sample', notNegative),
    ],
  },
  {
    name: 'blockchain_data',
    description: 'Chain activity by hour of block timestamp, or by day.',
    columns: [
      number('block_count', 'blocks', 'Blocks', notNegative),
      number('tx_count', 'transactions', 'Transactions', notNegative),
      number('gas_used', 'gas', 'Gas used', notNegative),
      number('gas_limit', 'gas per block', 'Mean gas limit of a block', notNegative),
      number('utilization', 'fraction', 'Gas used of the gas limit', share),
      number('gas_price_gwei', 'gwei', 'Mean gas price paid', notNegative),
      number('base_fee_gwei', 'gwei', 'Mean base fee', notNegative),
      number('base_fee_median_gwei', 'gwei', 'Median base fee', notNegative),
      number('base_fee_p95_gwei', 'gwei', '95th percentile of the base fee', notNegative),
      number('priority_fee_gwei', 'gwei', 'Median priority fee', notNegative),
      number('burnt_eth', 'ETH', 'Base fees burnt', notNegative),
      number('fees_eth', 'ETH', 'All fees paid', notNegative),
      number('fee_usd', 'USD per transaction', 'Mean fee', notNegative),
      number('blob_gas_used', 'gas', 'Blob gas used', notNegative),
      number('active_addresses', 'addresses', 'Active addresses', notNegative),
      number('active_senders', 'addresses', 'Active senders', notNegative),
      number('active_receivers', 'addresses', 'Active receivers', notNegative),
      number('new_addresses', 'addresses', 'Addresses ever seen', notNegative),
      number('transfer_volume_eth', 'ETH', 'Ether moved', notNegative),
      number('transfer_volume_error_eth', 'ETH', 'Standard error of transfer_volume_eth; 0 at depth full', notNegative),
      number('transfer_volume_usd', 'USD', 'Value moved', notNegative),
      number('contract_creations', 'transactions', 'Contracts created', notNegative),
      number('contract_creations_error', 'transactions', 'Standard error of contract_creations; 0 at depth full', notNegative),
      number('block_size_bytes', 'bytes', 'Mean block size', notNegative),
      number('hash_rate_ghs', 'GH/s', 'Hash rate (before the Merge)', notNegative),
      number('supply_eth', 'ETH', 'Supply of Ether', notNegative),
      number('ether_price_usd', 'USD', 'Price that the source gives for the day', notNegative),
      number('fail_rate', 'fraction', 'Failed transactions', share),
      number('exchange_deposits', 'transactions', 'Deposits to exchanges', notNegative),
      number('exchange_withdrawals', 'transactions', 'Withdrawals from exchanges', notNegative),
      number('exchange_netflow_usd', 'USD', 'Inflow to exchanges minus outflow'),
      number('staking_inflow_eth', 'ETH', 'Ether sent to staking', notNegative),
      text('depth', 'How the numbers were read: headers, sampled or full'),
      text('last_block_hash', 'Hash of the last block of the interval'),
    ],
  },
  {
    name: 'sentiment_data',
    description: 'Mood: Fear & Greed index, scored posts and headlines.',
    columns: [
      number('fear_greed', 'index 0..100', 'Fear & Greed index', { min: 0, max: 100 }),
      number('score_mean', '-1..1', 'Mean sentiment score of posts', { min: -1, max: 1 }),
      number('post_count', 'posts', 'Posts scored', notNegative),
    ],
  },
];

export const isBuiltInDataset = (name: string): boolean => (DATASET_NAMES as readonly string[]).includes(name);

/** The definition of a built-in dataset, `undefined` for a dataset that the user added. */
export const findDataset = (name: string): DatasetDefinition | undefined => DATASETS.find((dataset) => dataset.name === name);

/** When a row of some source becomes public: a sentence for people, and the rule. */
export interface PublicationRule {
  readonly covers: string;
  readonly knownFrom: string;
  /** @param timeMs start of what the row covers @param endMs its exclusive end */
  availableMs(timeMs: TimeMs, endMs: TimeMs): TimeMs;
}

/** CoinGecko's daily price turned from the close of D to the 00:00 snapshot of D at this day. */
const COINGECKO_SNAPSHOT_FROM_MS = Date.UTC(2018, 1, 1);

const atEnd = (_timeMs: TimeMs, endMs: TimeMs): TimeMs => endMs;

/** Publication lags, by the kind of source. The only place where they stand. */
export const PUBLICATION = {
  exchange_candle: { covers: '[open, close)', knownFrom: 'close', availableMs: atEnd },
  yahoo_daily: { covers: 'UTC day D', knownFrom: 'D+1 00:00', availableMs: atEnd },
  coingecko_daily: {
    covers: 'a snapshot at D 00:00 since 2018-02, the close of D before',
    knownFrom: 'D 00:00, before 2018-02 D+1 00:00',
    availableMs: (timeMs) => (timeMs >= COINGECKO_SNAPSHOT_FROM_MS ? timeMs : timeMs + DAY_MS),
  },
  chain_daily_report: {
    covers: 'UTC day D',
    knownFrom: 'D+1 00:00 + 12 h',
    availableMs: (_timeMs, endMs) => endMs + 12 * HOUR_MS,
  },
  node_blocks: {
    covers: 'the hour',
    knownFrom: 'when its last block is final',
    availableMs: (_timeMs, endMs) => endMs + 15 * MINUTE_MS,
  },
  validator_queue_daily: { covers: 'a snapshot during D', knownFrom: 'D+1 00:00', availableMs: atEnd },
  fear_greed: { covers: 'index published for D', knownFrom: 'D 00:00 + 1 h', availableMs: (timeMs) => timeMs + HOUR_MS },
  whale_flow: {
    covers: 'the hour, or the transfer',
    knownFrom: 'end of the hour + 10 min',
    availableMs: (_timeMs, endMs) => endMs + 10 * MINUTE_MS,
  },
  custom: { covers: "the row's interval", knownFrom: 'its end', availableMs: atEnd },
} as const satisfies Record<string, PublicationRule>;

export type PublicationKind = keyof typeof PUBLICATION;

const KIND_BY_SOURCE: Readonly<Record<string, PublicationKind>> = {
  yahoo: 'yahoo_daily',
  coingecko: 'coingecko_daily',
  etherscan: 'chain_daily_report',
  coinmetrics: 'chain_daily_report',
  node: 'node_blocks',
  dune: 'node_blocks',
  beacon: 'validator_queue_daily',
  beaconchain: 'validator_queue_daily',
  validatorqueue: 'validator_queue_daily',
  alternative_me: 'fear_greed',
  whale_alert: 'whale_flow',
  tokenanalyst: 'whale_flow',
};

/** When rows of a series become known, in words, for people. */
export function publicationOf(dataset: DatasetName, series: string): PublicationRule {
  const [source = '', , interval] = series.split(':');
  if (dataset === 'whale_data' && interval === 'tx') return PUBLICATION.whale_flow;
  if (dataset === 'price_data' && interval !== '1d') return PUBLICATION.exchange_candle;
  return PUBLICATION[KIND_BY_SOURCE[source] ?? (dataset === 'price_data' ? 'exchange_candle' : 'custom')];
}
