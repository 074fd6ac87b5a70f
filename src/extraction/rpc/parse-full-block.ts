import { replyInvalid } from '../reply-schema.ts';
import { type BlockHeader, parseBlockHeader } from './parse-block-header.ts';
import { readHash } from './quantity.ts';

/** One transaction as a block holds it; whether it succeeded stands in its receipt. */
interface BlockTransaction {
  readonly hash: string;
  readonly from: string;
  /** `undefined` where a contract is created. */
  readonly to: string | undefined;
  readonly valueWei: bigint;
}

export interface FullBlock {
  readonly header: BlockHeader;
  readonly transactions: readonly BlockTransaction[];
}

/**
 * Result of `eth_getBlockByNumber(..., true)` -> block with its transactions of at least `minWei`, `undefined` where the
 * node has none. Of the smaller ones only the value is read.
 * @throws SourceError `rpc.reply_invalid` with the path that is wrong
 */
export function parseFullBlock(result: unknown, minWei: bigint, path: readonly string[] = []): FullBlock | undefined {
  const header = parseBlockHeader(result, path);
  if (!header) return undefined;
  const { transactions } = result as { transactions: unknown[] };
  const large: BlockTransaction[] = [];
  for (const [i, value] of transactions.entries()) {
    const at = (name: string) => [...path, 'transactions', String(i), name];
    if (value === null || typeof value !== 'object') {
      throw replyInvalid('rpc.reply_invalid', 'node', at(''), 'expected a transaction');
    }
    const { hash, from, to, value: wei } = value as Record<string, unknown>;
    const valueWei = readWei(wei, at('value'));
    if (valueWei < minWei) continue;
    large.push({
      hash: readHash(hash, at('hash')),
      from: readAddress(from, at('from')),
      to: to == null ? undefined : readAddress(to, at('to')),
      valueWei,
    });
  }
  return { header, transactions: large };
}

/** An address in lower case. @throws SourceError `rpc.reply_invalid` */
export function readAddress(value: unknown, path: readonly string[]): string {
  if (typeof value === 'string' && /^0x[0-9a-f]{40}$/i.test(value)) return value.toLowerCase();
  throw replyInvalid('rpc.reply_invalid', 'node', path, `${JSON.stringify(value)?.slice(0, 80)} is no address`);
}

/** A 256-bit quantity, exact. @throws SourceError `rpc.reply_invalid` */
export function readWei(value: unknown, path: readonly string[]): bigint {
  if (typeof value === 'string' && /^0x[0-9a-f]{1,64}$/i.test(value)) return BigInt(value);
  throw replyInvalid('rpc.reply_invalid', 'node', path, `${JSON.stringify(value)?.slice(0, 80)} is no amount`);
}
