import { AppError, SourceError } from '../../domain/index.ts';
import { retryAfterMs } from './backoff.ts';
import { readBody } from './read-body.ts';

/** Host and path without query, credentials or anything that may be a secret. */
export function describeUrl(url: string): string {
  const { host, pathname } = new URL(url);
  return host + pathname;
}

const EXCERPT_BYTES = 4_096;
const excerpt = (text: string) => text.replace(/\s+/g, ' ').slice(0, 160);

/** @throws SourceError `http.rate_limited`, `http.server_error`, `http.unauthorized`, `http.refused` for any status but 2xx */
export async function checkStatus(response: Response, where: string): Promise<void> {
  const { status } = response;
  if (status >= 200 && status < 300) return;
  const body = excerpt(await readBody(response, EXCERPT_BYTES, where).catch(() => ''));
  if (status === 429 || status === 418) {
    throw new SourceError('http.rate_limited', `${where} says that it is asked too often (${status})`, {
      details: { status, retryAfterMs: retryAfterMs(response.headers) ?? 1_000, body },
      hint: 'The plan may be used up; wait, or ask less often.',
    });
  }
  if (status >= 500 || status === 408) {
    const wait = retryAfterMs(response.headers);
    throw new SourceError('http.server_error', `${where} failed with status ${status}`, {
      details: { status, body, ...(wait !== undefined && { retryAfterMs: wait }) },
    });
  }
  if (status === 401 || status === 403) {
    throw new SourceError('http.unauthorized', `${where} refuses the key (${status})`, {
      details: { status, body },
      hint: 'Check the API key and what the plan allows.',
    });
  }
  throw new SourceError('http.refused', `${where} refused the request with status ${status}`, { details: { status, body } });
}

/** A 200 that is no JSON: a page of a proxy or a login, or a reply that was cut. */
export function notJson(text: string, where: string, cause: unknown): SourceError {
  const what = text.trimStart().startsWith('<') ? 'an HTML page' : text.trim() === '' ? 'nothing' : 'something';
  return new SourceError('http.not_json', `${where} answered with ${what} that is not JSON`, {
    details: { body: excerpt(text.slice(0, EXCERPT_BYTES)) },
    cause,
  });
}

/** Where a redirect leads, `undefined` where the reply is none. @throws SourceError `http.redirect_refused` */
export function resolveRedirect(response: Response, url: string, tooMany: boolean): string | undefined {
  const location = response.headers.get('location');
  if (![301, 302, 303, 307, 308].includes(response.status) || location === null) return undefined;
  const [from, to] = [new URL(url), URL.canParse(location, url) ? new URL(location, url) : undefined];
  if (to === undefined || tooMany || to.host !== from.host || to.protocol !== from.protocol) {
    throw new SourceError('http.redirect_refused', `${describeUrl(url)} sends us elsewhere: ${to?.host ?? 'nowhere'}`, {
      hint: 'Give the final address of the source; redirects to another host are never followed.',
    });
  }
  return to.href;
}

const RETRYABLE = new Set([
  'http.timeout',
  'http.unreachable',
  'http.cut',
  'http.rate_limited',
  'http.server_error',
  'http.not_json',
]);

/** Whether the same request may succeed a moment later. */
export const isRetryable = (error: unknown): boolean =>
  error instanceof AppError && (RETRYABLE.has(error.code) || error.details.retryable === true);
