import { createHash, timingSafeEqual } from 'node:crypto';

export interface AccessOptions {
  readonly host: string;
  /** Without a token nothing can be changed. */
  readonly token: string | undefined;
}

/** Why a request is refused, with its HTTP status. */
export interface Refusal {
  readonly status: 401 | 403 | 421;
  readonly message: string;
}

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '::1', '[::1]']);

export const isLoopback = (host: string): boolean => LOOPBACK.has(host);

/** Compares in constant time, whatever the lengths. */
function isSameSecret(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

export interface RequestFacts {
  readonly method: string;
  readonly path: string;
  readonly hostHeader: string | undefined;
  readonly origin: string | undefined;
  readonly authorization: string | undefined;
}

/** Nothing where the request may pass. A page of another site is told apart by Host and Origin, on loopback too. */
export function refusalOf(request: RequestFacts, { host, token }: AccessOptions): Refusal | undefined {
  const asked = hostName(request.hostHeader);
  if (asked === undefined || (isLoopback(host) && !isLoopback(asked)))
    return { status: 421, message: 'this host is not served here' };
  if (request.origin !== undefined && hostName(request.origin.replace(/^https?:\/\//, '')) !== asked)
    return { status: 403, message: 'requests of other sites are refused' };
  const isChange = request.method !== 'GET' && request.method !== 'HEAD';
  const isGuarded = isChange || (!isLoopback(host) && /^\/(api|metrics|$)/.test(request.path));
  if (!isGuarded) return undefined;
  if (token === undefined) return { status: 403, message: 'no token is configured: set ETS_API_TOKEN' };
  const given = /^Bearer (.+)$/.exec(request.authorization ?? '')?.[1];
  if (given !== undefined && isSameSecret(given, token)) return undefined;
  return { status: 401, message: 'Authorization: Bearer <token> is missing or wrong' };
}

function hostName(header: string | undefined): string | undefined {
  return /^(\[[^\]]+\]|[^:]+)(?::\d+)?$/.exec(header ?? '')?.[1];
}
