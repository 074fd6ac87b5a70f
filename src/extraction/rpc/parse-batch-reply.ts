import { SourceError } from '../../domain/index.ts';
import { replyInvalid } from '../reply-schema.ts';

/** Codes by which nodes say that they are busy: limit exceeded (EIP-1474), and what providers use besides. */
const BUSY = new Set([-32005, -32097, 429]);

const isObject = (value: unknown): value is Record<string, unknown> => value !== null && typeof value === 'object';

/**
 * Reply to a batch of `count` calls with the ids 0..count-1 -> results in the order of the ids, whatever order they
 * came in.
 * @throws SourceError `rpc.reply_invalid` with the path that is wrong, `rpc.refused` with the node's own words
 */
export function parseBatchReply(reply: unknown, count: number): unknown[] {
  if (isObject(reply) && !Array.isArray(reply) && 'error' in reply) throw refused(reply.error);
  if (!Array.isArray(reply)) throw replyInvalid('rpc.reply_invalid', 'node', [], 'expected a list of answers');
  const results = new Array<unknown>(count);
  const seen = new Uint8Array(count);
  for (const [i, answer] of reply.entries()) {
    if (!isObject(answer)) throw replyInvalid('rpc.reply_invalid', 'node', [String(i)], 'expected an object');
    if (isObject(answer.error)) throw refused(answer.error);
    const { id } = answer;
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id >= count || seen[id] === 1) {
      throw replyInvalid('rpc.reply_invalid', 'node', [String(i), 'id'], `${JSON.stringify(id)} was not asked`);
    }
    if (!('result' in answer)) throw replyInvalid('rpc.reply_invalid', 'node', [String(i), 'result'], 'missing');
    seen[id] = 1;
    results[id] = answer.result;
  }
  const missing = seen.indexOf(0);
  if (missing >= 0) throw replyInvalid('rpc.reply_invalid', 'node', [String(missing)], 'no answer to this call');
  return results;
}

function refused(error: unknown): SourceError {
  const { code, message } = isObject(error) ? error : { code: undefined, message: undefined };
  const retryable = typeof code === 'number' && BUSY.has(code);
  return new SourceError('rpc.refused', `the node refused: ${String(message ?? 'no reason given').slice(0, 200)}`, {
    details: { code, retryable },
  });
}
