import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../domain/index.ts';
import type { EventLog, ServiceApi } from '../../server/index.ts';
import { type AppParts, PATHS } from '../app-parts.ts';
import type { DaemonAlerts } from './daemon-alerts.ts';

/** Starts the API where the configuration has it on. @throws ConfigError `server.*` */
export async function serve(
  parts: AppParts,
  service: ServiceApi,
  events: EventLog,
  alerts: Pick<DaemonAlerts, 'raise'>,
): Promise<{ readonly url: string; close(): Promise<void> } | undefined> {
  const { config, env, timer, dataDir, clock } = parts;
  const { enabled, host, port, requestsPerMinute } = config.server;
  if (!enabled) return undefined;
  const { readTlsFiles, startServer } = await import('../../server/index.ts');
  // Whoever connects judges a certificate by the real time, whatever clock is traded by.
  const tls = await readTlsFiles(config.server, systemClock.nowMs());
  if (tls?.warning) alerts.raise({ name: 'certificate_expires', severity: 'warning', title: tls.warning });
  return startServer({
    host,
    port,
    requestsPerMinute,
    token: env.ETS_API_TOKEN || undefined,
    metricsToken: env.ETS_METRICS_TOKEN || undefined,
    tls,
    version: await ownVersion(),
    service,
    events,
    timer,
    failed: (error) => alerts.raise({ name: 'api_failed', severity: 'warning', title: `the API failed: ${String(error)}` }),
    audit: (entry) => {
      void appendFile(join(dataDir, PATHS.audit), `${JSON.stringify({ timeMs: clock.nowMs(), ...entry })}\n`).catch(
        (error: unknown) => parts.onProgress(`the audit log cannot be written: ${String(error)}`),
      );
    },
  });
}

async function ownVersion(): Promise<string> {
  const text = await readFile(new URL('../../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
