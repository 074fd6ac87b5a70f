import { SourceError } from '../../domain/index.ts';

/** The part of `fetch` that channels use. */
export type Fetch = (
  url: string,
  init: { method: string; headers: Record<string, string>; body: string; signal: AbortSignal },
) => Promise<{ readonly ok: boolean; readonly status: number }>;

/**
 * Posts a body; the address, which may hold a secret, is in no error.
 * @throws SourceError `notify.refused`, `notify.unreachable`
 */
export async function post(
  fetch: Fetch,
  channel: string,
  url: string,
  request: { readonly headers?: Record<string, string>; readonly body: string },
  signal: AbortSignal,
): Promise<void> {
  let reply: { readonly ok: boolean; readonly status: number };
  try {
    reply = await fetch(url, { method: 'POST', headers: request.headers ?? {}, body: request.body, signal });
  } catch (error) {
    const code = error instanceof Error && error.cause instanceof Error && 'code' in error.cause ? ` (${error.cause.code})` : '';
    throw new SourceError('notify.unreachable', `${channel} does not answer${code}`);
  }
  if (!reply.ok)
    throw new SourceError('notify.refused', `${channel} answered ${reply.status}`, { details: { status: reply.status } });
}

export const postJson = (fetch: Fetch, channel: string, url: string, body: unknown, signal: AbortSignal): Promise<void> =>
  post(fetch, channel, url, { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }, signal);
