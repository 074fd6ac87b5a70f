import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';

export interface AccessOptions {
  readonly host: string;
  /** Without a token nothing can be changed. */
  readonly token: string | undefined;
  /** Reads `/metrics` alone, for a collector that should be able to do nothing else. */
  readonly metricsToken?: string | undefined;
}

/** Why a request is refused, with its HTTP status. */
export interface Refusal {
  readonly status: 401 | 403 | 421;
  readonly message: string;
}

/** Whether a host name or address is this machine alone. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || host === '[::1]' || (isIP(host) === 4 && host.startsWith('127.'));

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

/** Nothing where the request may pass. */
export function refusalOf(request: RequestFacts, access: AccessOptions): Refusal | undefined {
  return foreignRefusal(request, access) ?? tokenRefusal(request, access);
}

/** A page of another site is told apart by Host and Origin, on loopback too (DNS rebinding). */
export function foreignRefusal(
  { hostHeader, origin }: Pick<RequestFacts, 'hostHeader' | 'origin'>,
  { host }: Pick<AccessOptions, 'host'>,
): Refusal | undefined {
  const asked = hostName(hostHeader);
  if (asked === undefined || (isLoopback(host) && !isLoopback(asked)))
    return { status: 421, message: 'this host is not served here' };
  if (origin !== undefined && origin.replace(/^https?:\/\//, '') !== hostHeader)
    return { status: 403, message: 'requests of other sites are refused' };
  return undefined;
}

function tokenRefusal({ method, path, authorization }: RequestFacts, access: AccessOptions): Refusal | undefined {
  const { host, token, metricsToken } = access;
  const isChange = method !== 'GET' && method !== 'HEAD';
  const isGuarded = isChange || (!isLoopback(host) && /^\/(api|metrics|$)/.test(path));
  if (!isGuarded) return undefined;
  const accepted = path === '/metrics' && metricsToken !== undefined ? [metricsToken, token] : [token];
  const configured = accepted.filter((one) => one !== undefined);
  if (configured.length === 0) return { status: 403, message: 'no token is configured: set ETS_API_TOKEN' };
  const given = givenToken(authorization, path);
  if (given !== undefined && configured.map((one) => isSameSecret(given, one)).includes(true)) return undefined;
  return { status: 401, message: 'Authorization: Bearer <token> is missing or wrong' };
}

/** A browser, which knows no Bearer, may give the token as password of the status page, which changes nothing. */
function givenToken(authorization: string | undefined, path: string): string | undefined {
  const [, scheme = '', value = ''] = /^(Bearer|Basic) (.+)$/i.exec(authorization ?? '') ?? [];
  if (scheme.toLowerCase() === 'bearer') return value;
  if (scheme === '' || path !== '/') return undefined;
  const pair = Buffer.from(value, 'base64').toString('utf8');
  return pair.slice(pair.indexOf(':') + 1);
}

function hostName(header: string | undefined): string | undefined {
  return /^(\[[^\]]+\]|[^:]+)(?::\d+)?$/.exec(header ?? '')?.[1];
}
