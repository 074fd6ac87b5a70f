import type { BlockDetail } from '../rpc/parse-block-detail.ts';
import type { BlockHeader } from '../rpc/parse-block-header.ts';

/** A block as read at some depth: with `detail` where its transactions were read too. */
export interface ReadBlock {
  readonly header: BlockHeader;
  readonly detail: BlockDetail | undefined;
}

export const DETAIL_COLUMNS = [
  'gas_price_gwei',
  'active_senders',
  'active_receivers',
  'active_addresses',
  'transfer_volume_eth',
  'transfer_volume_error_eth',
  'contract_creations',
  'contract_creations_error',
  'block_size_bytes',
] as const;

const GWEI = 1e9;

/**
 * What the transactions of an hour add up to. Addresses are counted exactly. Where only some blocks were read, sums are
 * scaled by transactions and carry their standard error, and counts of distinct addresses, which cannot be scaled, are
 * NaN. All NaN without details.
 */
export function sumDetails(blocks: readonly ReadBlock[]): Record<(typeof DETAIL_COLUMNS)[number] | 'priority_fee_gwei', number> {
  const read = blocks.flatMap(({ header, detail }) => (detail ? [{ header, detail }] : []));
  const total = (of: (block: (typeof read)[number]) => number) => read.reduce((sum, block) => sum + of(block), 0);
  const all = blocks.reduce((sum, { header }) => sum + header.txCount, 0);
  const readTransactions = total(({ header }) => header.txCount);
  const isWhole = read.length === blocks.length;
  const scale = isWhole ? 1 : all / readTransactions;
  const senders = new Set(read.flatMap(({ detail }) => detail.senders));
  const receivers = new Set(read.flatMap(({ detail }) => detail.receivers));
  const exact = (count: number) => (isWhole ? count : Number.NaN);
  const prices = read.flatMap(({ detail }) => detail.gasPricesGwei);
  const priority = read.flatMap(({ header, detail }) => detail.gasPricesGwei.map((price) => price - header.baseFeeWei / GWEI));
  return {
    gas_price_gwei: prices.reduce((sum, price) => sum + price, 0) / prices.length,
    priority_fee_gwei: Math.max(0, median(priority)),
    active_senders: exact(senders.size),
    active_receivers: exact(receivers.size),
    active_addresses: exact(new Set([...senders, ...receivers]).size),
    transfer_volume_eth: scale * total(({ detail }) => detail.valueEth),
    transfer_volume_error_eth: ratioError(read, blocks.length, ({ valueEth }) => valueEth),
    contract_creations: scale * total(({ detail }) => detail.contractCreations),
    contract_creations_error: ratioError(read, blocks.length, ({ contractCreations }) => contractCreations),
    block_size_bytes: total(({ detail }) => detail.sizeBytes) / read.length,
  };
}

/**
 * Standard error of a total that is estimated by its ratio to the transactions (Cochran, Sampling Techniques, 3rd ed.,
 * eq. 6.13); 0 where every block was read, NaN for fewer than two.
 */
function ratioError(
  read: readonly { readonly header: BlockHeader; readonly detail: BlockDetail }[],
  ofBlocks: number,
  amountIn: (detail: BlockDetail) => number,
): number {
  if (read.length === ofBlocks) return 0;
  const sum = (of: (block: (typeof read)[number]) => number) => read.reduce((total, block) => total + of(block), 0);
  const ratio = sum(({ detail }) => amountIn(detail)) / sum(({ header }) => header.txCount);
  const squares = sum(({ header, detail }) => (amountIn(detail) - ratio * header.txCount) ** 2);
  const share = read.length / ofBlocks;
  return ofBlocks * Math.sqrt(((1 - share) / read.length) * (squares / (read.length - 1)));
}

/** NaN for no values. */
function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
