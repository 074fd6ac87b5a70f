import { systemClock } from '../../domain/index.ts';
import type { Metrics } from '../../monitoring/index.ts';
import type { EventLog } from '../../server/index.ts';
import type { AppParts } from '../app-parts.ts';
import { ownVersion } from '../build-info.ts';
import type { AuditLog } from './audit-log.ts';
import type { DaemonAlerts } from './daemon-alerts.ts';
import { daemonService } from './daemon-service.ts';
import type { RunningDaemon } from './running-daemon.ts';

export interface ServeParts {
  readonly events: EventLog;
  readonly alerts: DaemonAlerts;
  readonly metrics: Metrics;
  readonly audit: AuditLog;
  readonly running: () => RunningDaemon | undefined;
}

/** Starts the API where the configuration has it on. @throws ConfigError `server.*` */
export async function serve(
  parts: AppParts,
  { events, alerts, metrics, audit, running }: ServeParts,
): Promise<{ readonly url: string; close(): Promise<void> } | undefined> {
  const { config, env, timer } = parts;
  const { enabled, host, port, requestsPerMinute } = config.server;
  if (!enabled) return undefined;
  const { readTlsFiles, startServer } = await import('../../server/index.ts');
  // Whoever connects judges a certificate by the real time, whatever clock is traded by.
  const tls = await readTlsFiles(config.server, systemClock.nowMs());
  if (tls?.warning) alerts.raise({ name: 'certificate_expires', severity: 'warning', title: tls.warning });
  const version = await ownVersion();
  const service = daemonService(parts, {
    events,
    metrics,
    running,
    process: () => ({ version, certificateValidUntilMs: tls?.validUntilMs, waitingMessages: alerts.waitingMessages }),
  });
  return startServer({
    host,
    port,
    requestsPerMinute,
    token: env.ETS_API_TOKEN || undefined,
    metricsToken: env.ETS_METRICS_TOKEN || undefined,
    tls,
    version,
    service,
    events,
    timer,
    failed: (error) =>
      alerts.raise({
        name: 'api_failed',
        key: `api_failed:${String(error)}`,
        severity: 'warning',
        title: `the API failed: ${String(error)}`,
      }),
    observed: (method, status) => metrics.count('ets_api_requests_total', { method, status: `${status}` }),
    audit: (entry) => audit.write(entry),
    redact: parts.redact,
  });
}
