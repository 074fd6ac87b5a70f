import { DAY_MS, DataError, findDataset } from '../../../domain/index.ts';
import type { ColumnMap, FileShape, Profile } from './profile.ts';

/** What the `Value` of each chart is, by the file name Etherscan gives its export. */
const CHARTS: Readonly<Record<string, ColumnMap>> = {
  etherprice: { from: 'value', to: 'ether_price_usd', zeroIsUnknown: true },
  txgrowth: { from: 'value', to: 'tx_count' },
  gasused: { from: 'value', to: 'gas_used' },
  avggasprice: { from: 'value', to: 'gas_price_gwei', shift: -9, zeroIsUnknown: true },
  gaslimit: { from: 'value', to: 'gas_limit', zeroIsUnknown: true },
  addresscount: { from: 'value', to: 'new_addresses' },
  blocksize: { from: 'value', to: 'block_size_bytes' },
  networkutilization: { from: 'value', to: 'utilization' },
  networkhash: { from: 'value', to: 'hash_rate_ghs' },
  transactionfee: { from: 'value', to: 'fees_eth', shift: -18 },
  ethersupplygrowth: { from: 'value', to: 'supply_eth' },
  dailyethburnt: { from: 'burntfees', to: 'burnt_eth' },
  'avgtxfee-usd': { from: 'average_txn_fee_usd', to: 'fee_usd', zeroIsUnknown: true },
};

/** Columns whose own name says what they are. */
const NAMED: readonly ColumnMap[] = [
  { from: 'burntfees', to: 'burnt_eth' },
  { from: 'average_txn_fee_usd', to: 'fee_usd', zeroIsUnknown: true },
  { from: 'unique_address_total_count', to: 'active_addresses' },
  { from: 'unique_address_receive_count', to: 'active_receivers' },
  { from: 'unique_address_sent_count', to: 'active_senders' },
];

/** Whether this is a chart as Etherscan exports it: `"Date(UTC)","UnixTimeStamp","Value"`. */
export const isEtherscanChart = ({ names }: FileShape): boolean => names.includes('date_utc') && !names.includes('open');

/**
 * One Etherscan chart. Each is a series of its own, because each comes as a file of its own.
 * @throws DataError where neither the file's name nor `--column` says what the value is
 */
export function etherscanChartProfile(shape: FileShape): Profile {
  const columns = chartColumns(shape);
  return {
    name: `etherscan chart ${columns.map((column) => column.to).join(', ')}`,
    time: ['unixtimestamp', 'unixtimestamp_utc', 'date_utc'],
    interval: DAY_MS,
    targets: [
      {
        dataset: 'blockchain_data',
        source: 'etherscan',
        subject: columns[0]!.to,
        publication: 'chain_daily_report',
        columns,
      },
    ],
    ignored: { date_utc: 'the Unix time stamp tells the time' },
  };
}

function chartColumns({ path, stem, names, options }: FileShape): readonly ColumnMap[] {
  const values = names.filter((name) => name !== 'date_utc' && !name.startsWith('unixtimestamp'));
  const value = values.find((name) => name.startsWith('value')) ?? (values.length === 1 ? values[0] : undefined);
  if (options.column !== undefined && value !== undefined) return [chartOf(path, options.column, value)];
  const named = NAMED.filter((column) => names.includes(column.from));
  if (named.length > 0) return named;
  const chart = CHARTS[/^export-([a-z_-]+)/.exec(stem)?.[1] ?? ''];
  if (chart && value !== undefined) return [{ ...chart, from: value }];
  throw new DataError('ingest.column_unknown', `${path} is an Etherscan chart, but nothing says of what`, {
    hint: 'Keep the name Etherscan gave it (export-TxGrowth.csv), or say it: --column tx_count',
    details: { columns: Object.values(CHARTS).map((column) => column.to) },
  });
}

function chartOf(path: string, to: string, from: string): ColumnMap {
  const known = Object.values(CHARTS).find((column) => column.to === to);
  if (known) return { ...known, from };
  const columns = findDataset('blockchain_data')?.columns.filter((column) => column.type === 'number') ?? [];
  if (columns.some((column) => column.name === to)) return { from, to };
  throw new DataError('ingest.column_unknown', `blockchain_data has no column "${to}" for the values of ${path}`, {
    hint: `It has ${columns.map((column) => column.name).join(', ')}.`,
  });
}
