import type { z } from 'zod';
import { SourceError } from '../domain/index.ts';

/**
 * `body` as `schema` has it.
 * @throws SourceError with the code `code`, naming the first path that is wrong; such a reply may be asked for again
 */
export function readReply<Output>(schema: z.ZodType<Output>, body: unknown, code: string, source: string): Output {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw replyInvalid(code, source, issue?.path.map(String) ?? [], issue?.message ?? 'not as expected');
}

/** The error for a reply of the wrong shape at `path`. */
export function replyInvalid(code: string, source: string, path: readonly string[], problem: string): SourceError {
  const place = path.join('.') || 'the reply';
  return new SourceError(code, `${source}: ${place}: ${problem}`, {
    details: { path: place, retryable: true },
    hint: 'The source may have changed its format; `ets sources check` shows the difference.',
  });
}
