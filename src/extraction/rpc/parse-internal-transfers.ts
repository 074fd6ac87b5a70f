import { replyInvalid } from '../reply-schema.ts';
import { readAddress, readWei } from './parse-full-block.ts';
import { readHash } from './quantity.ts';

/** Ether that a contract sent on inside a transaction. */
export interface InternalTransfer {
  readonly transactionHash: string;
  /** Where in the tree of calls, such as `0-2`; tells the transfers of a transaction apart. */
  readonly place: string;
  readonly from: string;
  readonly to: string;
  readonly valueWei: bigint;
}

/**
 * Result of `trace_block` -> calls below the top level that moved at least `minWei`. A call that failed moved nothing, nor
 * did the calls inside it.
 * @throws SourceError `rpc.reply_invalid` with the path that is wrong
 */
export function parseInternalTransfers(result: unknown, minWei: bigint, path: readonly string[] = []): InternalTransfer[] {
  if (!Array.isArray(result)) throw replyInvalid('rpc.reply_invalid', 'node', path, 'expected a list of traces');
  const failed = new Set<string>();
  const transfers: InternalTransfer[] = [];
  for (const [i, value] of (result as unknown[]).entries()) {
    const at = (...names: string[]) => [...path, String(i), ...names];
    if (value === null || typeof value !== 'object') throw replyInvalid('rpc.reply_invalid', 'node', at(), 'expected a trace');
    const trace = value as Record<string, unknown>;
    if (trace.type === 'reward') continue;
    const transactionHash = readHash(trace.transactionHash, at('transactionHash'));
    const places = readPlaces(trace.traceAddress, at('traceAddress'));
    const isUndone = trace.error != null || places.some((_, depth) => failed.has(keyOf(transactionHash, places.slice(0, depth))));
    if (isUndone) {
      failed.add(keyOf(transactionHash, places));
      continue;
    }
    const action = (trace.action ?? {}) as Record<string, unknown>;
    if (trace.type !== 'call' || action.callType !== 'call' || places.length === 0) continue;
    const valueWei = readWei(action.value, at('action', 'value'));
    if (valueWei < minWei) continue;
    const from = readAddress(action.from, at('action', 'from'));
    const to = readAddress(action.to, at('action', 'to'));
    transfers.push({ transactionHash, place: places.join('-'), from, to, valueWei });
  }
  return transfers;
}

const keyOf = (hash: string, places: readonly number[]) => `${hash}:${places.join('-')}`;

function readPlaces(value: unknown, path: readonly string[]): number[] {
  const isPlaces =
    Array.isArray(value) && value.length <= 1_024 && value.every((place) => Number.isSafeInteger(place) && place >= 0);
  if (isPlaces) return value as number[];
  throw replyInvalid('rpc.reply_invalid', 'node', path, 'expected places in the tree of calls');
}
