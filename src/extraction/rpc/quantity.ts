import { replyInvalid } from '../reply-schema.ts';

/**
 * A JSON-RPC quantity (`0x1a`) as a number that is exact. @throws SourceError `rpc.reply_invalid` where it is none, or
 * beyond 2^53
 */
export function readQuantity(value: unknown, path: readonly string[]): number {
  const number = typeof value === 'string' && value.startsWith('0x') && value.length > 2 ? Number(value) : Number.NaN;
  if (Number.isSafeInteger(number)) return number;
  throw replyInvalid('rpc.reply_invalid', 'node', path, `${JSON.stringify(value)} is no quantity below 2^53`);
}

/** A 32-byte hash as text. @throws SourceError `rpc.reply_invalid` */
export function readHash(value: unknown, path: readonly string[]): string {
  if (typeof value === 'string' && value.length === 66 && /^0x[0-9a-f]{64}$/i.test(value)) return value.toLowerCase();
  throw replyInvalid('rpc.reply_invalid', 'node', path, `${JSON.stringify(value)?.slice(0, 80)} is no hash`);
}
