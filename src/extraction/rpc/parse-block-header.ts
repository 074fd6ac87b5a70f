import { SECOND_MS, type TimeMs } from '../../domain/index.ts';
import { replyInvalid } from '../reply-schema.ts';
import { readHash, readQuantity } from './quantity.ts';

/** What is read of a block without its transactions. Values that a block of its time does not have are NaN. */
export interface BlockHeader {
  readonly number: number;
  readonly timeMs: TimeMs;
  readonly hash: string;
  readonly parentHash: string;
  readonly gasUsed: number;
  readonly gasLimit: number;
  /** wei; NaN before London. */
  readonly baseFeeWei: number;
  /** NaN before Dencun. */
  readonly blobGasUsed: number;
  readonly txCount: number;
}

/**
 * Result of `eth_getBlockByNumber(..., false)` -> header, `undefined` where the node has no such block. Written out and
 * not a schema, because a backfill reads millions.
 * @throws SourceError `rpc.reply_invalid` with the path that is wrong
 */
export function parseBlockHeader(result: unknown, path: readonly string[] = []): BlockHeader | undefined {
  if (result === null) return undefined;
  if (typeof result !== 'object' || result === undefined) {
    throw replyInvalid('rpc.reply_invalid', 'node', path, 'expected a block');
  }
  const block = result as Record<string, unknown>;
  const at = (name: string) => [...path, name];
  const quantity = (name: string) => readQuantity(block[name], at(name));
  const optional = (name: string) => (block[name] == null ? Number.NaN : quantity(name));
  if (!Array.isArray(block.transactions)) {
    throw replyInvalid('rpc.reply_invalid', 'node', at('transactions'), 'expected a list');
  }
  const gasUsed = quantity('gasUsed');
  const gasLimit = quantity('gasLimit');
  if (gasUsed > gasLimit) throw replyInvalid('rpc.reply_invalid', 'node', at('gasUsed'), 'more than the gas limit');
  return {
    number: quantity('number'),
    timeMs: quantity('timestamp') * SECOND_MS,
    hash: readHash(block.hash, at('hash')),
    parentHash: readHash(block.parentHash, at('parentHash')),
    gasUsed,
    gasLimit,
    baseFeeWei: optional('baseFeePerGas'),
    blobGasUsed: optional('blobGasUsed'),
    txCount: block.transactions.length,
  };
}
