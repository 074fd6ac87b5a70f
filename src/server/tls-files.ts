import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { ConfigError, DAY_MS, type TimeMs } from '../domain/index.ts';

const WARN_DAYS = 30;

export interface TlsFiles {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly validUntilMs: TimeMs;
  /** Said once at the start where the certificate expires soon. */
  readonly warning: string | undefined;
}

/**
 * Certificate and key of the API in PEM, checked to be readable, to belong together and to be valid at `nowMs`.
 * @throws ConfigError `server.tls_invalid`
 */
export async function readTlsFiles(
  { tlsCertFile, tlsKeyFile }: { readonly tlsCertFile?: string | undefined; readonly tlsKeyFile?: string | undefined },
  nowMs: TimeMs,
): Promise<TlsFiles | undefined> {
  if (tlsCertFile === undefined && tlsKeyFile === undefined) return undefined;
  if (tlsCertFile === undefined || tlsKeyFile === undefined)
    throw invalid('a certificate and a key belong together, and one is missing');
  const cert = await readPem(tlsCertFile, 'certificate');
  const key = await readPem(tlsKeyFile, 'key');
  try {
    createSecureContext({ cert, key });
  } catch (cause) {
    const why = cause instanceof Error && /key values mismatch/.test(cause.message) ? 'do not belong together' : 'are not PEM';
    throw invalid(`${tlsCertFile} and ${tlsKeyFile} ${why}`, cause);
  }
  const { validFrom, validTo } = new X509Certificate(cert);
  const [fromMs, validUntilMs] = [Date.parse(validFrom), Date.parse(validTo)];
  if (nowMs > validUntilMs) throw invalid(`the certificate ${tlsCertFile} has expired on ${validTo}`);
  if (nowMs < fromMs) throw invalid(`the certificate ${tlsCertFile} is valid from ${validFrom} on`);
  const days = Math.floor((validUntilMs - nowMs) / DAY_MS);
  const warning = days < WARN_DAYS ? `the certificate of the API expires in ${days} days, on ${validTo}` : undefined;
  return { cert, key, validUntilMs, warning };
}

async function readPem(path: string, what: string): Promise<Buffer> {
  return readFile(path).catch((cause: unknown) => {
    throw invalid(`the ${what} ${path} cannot be read`, cause);
  });
}

const invalid = (message: string, cause?: unknown): ConfigError =>
  new ConfigError('server.tls_invalid', message, {
    hint: 'Set server.tlsCertFile and server.tlsKeyFile to PEM files that belong together, readable by this user.',
    cause,
  });
