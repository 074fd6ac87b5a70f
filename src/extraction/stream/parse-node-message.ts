import { SourceError, type TimeMs } from '../../domain/index.ts';
import { replyInvalid } from '../reply-schema.ts';
import { parseBlockHeader } from '../rpc/parse-block-header.ts';
import { parseTransferLogs, type TransferLog } from '../rpc/parse-transfer-logs.ts';

const CODE = 'stream.message_invalid';
const SOURCE = 'node stream';

/** A new head of the chain, as far as it is told. */
export interface ChainHead {
  readonly number: number;
  readonly timeMs: TimeMs;
  readonly hash: string;
  readonly parentHash: string;
}

/** What a node's WebSocket says. */
export type NodeMessage =
  | { readonly kind: 'reply'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'refusal'; readonly id: number | null; readonly why: string }
  | { readonly kind: 'notice'; readonly subscription: string; readonly result: unknown };

/** JSON text of one message. @throws SourceError `stream.message_invalid` */
export function parseNodeMessage(text: string): NodeMessage {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch (cause) {
    throw new SourceError(CODE, `${SOURCE}: a message that is not JSON`, { cause });
  }
  if (message === null || typeof message !== 'object') throw replyInvalid(CODE, SOURCE, [], 'expected an object');
  const { id, method, params, result, error } = message as Record<string, unknown>;
  if (error !== undefined) {
    const why = String(JSON.stringify(error)).slice(0, 200);
    return { kind: 'refusal', id: typeof id === 'number' ? id : null, why };
  }
  if (typeof id === 'number') return { kind: 'reply', id, result };
  if (method !== 'eth_subscription' || params === null || typeof params !== 'object') {
    throw replyInvalid(CODE, SOURCE, ['method'], 'expected a notice of a subscription');
  }
  const notice = params as Record<string, unknown>;
  if (typeof notice.subscription !== 'string') throw replyInvalid(CODE, SOURCE, ['params', 'subscription'], 'expected a name');
  return { kind: 'notice', subscription: notice.subscription, result: notice.result };
}

/** A header out of `newHeads`. @throws SourceError `rpc.reply_invalid` */
export function parseHead(result: unknown): ChainHead {
  const header = parseBlockHeader(result !== null && typeof result === 'object' ? { ...result, transactions: [] } : result, [
    'params',
    'result',
  ]);
  if (!header) throw replyInvalid(CODE, SOURCE, ['params', 'result'], 'expected a block');
  const { number, timeMs, hash, parentHash } = header;
  return { number, timeMs, hash, parentHash };
}

/** A token transfer out of `logs`, and whether its block was undone; nothing where the log is another kind. @throws SourceError `rpc.reply_invalid` */
export function parseLogNotice(result: unknown): { readonly transfer: TransferLog; readonly isRemoved: boolean } | undefined {
  const isRemoved = result !== null && typeof result === 'object' && 'removed' in result && result.removed === true;
  const [transfer] = parseTransferLogs([isRemoved ? { ...(result as object), removed: false } : result]);
  return transfer && { transfer, isRemoved };
}
