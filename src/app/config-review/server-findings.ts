import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { AppError, DAY_MS } from '../../domain/index.ts';
import { isLoopback } from '../../server/access.ts';
import { readTlsFiles } from '../../server/tls-files.ts';
import { type Finding, problem, type ReviewedConfig, warning } from './finding.ts';

const SOON_DAYS = 30;

/** Where the API listens, who may ask it, and its certificate. */
export async function serverFindings(reviewed: ReviewedConfig): Promise<Finding[]> {
  const { config, env, leastPort } = reviewed;
  const { enabled, host, port } = config.server;
  if (!enabled) return [];
  const found: Finding[] = [];
  if (!isLoopback(host) && !env.ETS_API_TOKEN)
    found.push(problem('server.host', `${host} is not loopback: set ETS_API_TOKEN, or listen on 127.0.0.1`));
  if (port > 0 && port < leastPort)
    found.push(problem('server.port', `${port} needs rights that this user does not have: take ${leastPort} or more`));
  return [...found, ...(await tlsFindings(reviewed))];
}

async function tlsFindings({ config, nowMs }: ReviewedConfig): Promise<Finding[]> {
  const { tlsCertFile, tlsKeyFile } = config.server;
  if (tlsCertFile === undefined && tlsKeyFile === undefined) return [];
  if (tlsCertFile === undefined || tlsKeyFile === undefined) {
    const [missing, given] = tlsCertFile === undefined ? ['tlsCertFile', 'tlsKeyFile'] : ['tlsKeyFile', 'tlsCertFile'];
    return [problem(`server.${missing}`, `is missing, and server.${given} is set: they belong together`)];
  }
  if (!existsSync(tlsCertFile) || !existsSync(tlsKeyFile)) return [];
  try {
    const { validFrom, validTo } = new X509Certificate(readFileSync(tlsCertFile));
    const [fromMs, untilMs] = [Date.parse(validFrom), Date.parse(validTo)];
    // Its dates are judged below: whether the pair can be used is asked at a time when it is valid.
    await readTlsFiles(config.server, Math.min(Math.max(nowMs, fromMs), untilMs));
    if (nowMs > untilMs) return [warning('server.tlsCertFile', `the certificate has ended on ${validTo}: the daemon refuses it`)];
    if (untilMs - nowMs < SOON_DAYS * DAY_MS) return [warning('server.tlsCertFile', `the certificate ends on ${validTo}`)];
    return nowMs < fromMs ? [problem('server.tlsCertFile', `the certificate is valid from ${validFrom} on`)] : [];
  } catch (error) {
    if (error instanceof AppError) return [problem('server.tlsCertFile', error.message)];
    return [problem('server.tlsCertFile', `${tlsCertFile} is not a readable PEM certificate`)];
  }
}
