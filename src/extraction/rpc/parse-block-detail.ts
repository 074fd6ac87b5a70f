import { replyInvalid } from '../reply-schema.ts';
import { readAddress, readWei } from './parse-full-block.ts';

const WEI_PER_GWEI = 1_000_000_000n;
const GWEI = 1e9;

/** What the transactions of one block say together. */
export interface BlockDetail {
  readonly senders: readonly string[];
  readonly receivers: readonly string[];
  readonly valueEth: number;
  readonly contractCreations: number;
  /** Gas price paid by each transaction, in gwei. */
  readonly gasPricesGwei: readonly number[];
  /** NaN where the node does not say. */
  readonly sizeBytes: number;
}

const gweiOf = (wei: bigint): number => Number(wei) / GWEI;

/**
 * The transactions in the result of `eth_getBlockByNumber(..., true)`. Before the block is mined a type-2 transaction
 * has no price; a node gives the paid one as `gasPrice` afterwards.
 * @throws SourceError `rpc.reply_invalid` with the path that is wrong
 */
export function parseBlockDetail(result: unknown, path: readonly string[] = []): BlockDetail {
  const block = (result ?? {}) as Record<string, unknown>;
  if (!Array.isArray(block.transactions)) {
    throw replyInvalid('rpc.reply_invalid', 'node', [...path, 'transactions'], 'expected a list');
  }
  const senders: string[] = [];
  const receivers: string[] = [];
  const gasPricesGwei: number[] = [];
  let gwei = 0n;
  let contractCreations = 0;
  for (const [i, value] of (block.transactions as unknown[]).entries()) {
    const at = (name: string) => [...path, 'transactions', String(i), name];
    if (value === null || typeof value !== 'object') {
      throw replyInvalid('rpc.reply_invalid', 'node', at(''), 'expected a transaction');
    }
    const { from, to, value: wei, gasPrice } = value as Record<string, unknown>;
    senders.push(readAddress(from, at('from')));
    if (to == null) contractCreations += 1;
    else receivers.push(readAddress(to, at('to')));
    gwei += readWei(wei, at('value')) / WEI_PER_GWEI;
    if (gasPrice != null) gasPricesGwei.push(gweiOf(readWei(gasPrice, at('gasPrice'))));
  }
  const sizeBytes = typeof block.size === 'string' && /^0x[0-9a-f]{1,8}$/i.test(block.size) ? Number(block.size) : Number.NaN;
  return { senders, receivers, valueEth: Number(gwei) / GWEI, contractCreations, gasPricesGwei, sizeBytes };
}
