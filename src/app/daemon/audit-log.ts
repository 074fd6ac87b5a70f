import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AppParts, PATHS } from '../app-parts.ts';
import type { DaemonAlerts } from './daemon-alerts.ts';

/** One change that somebody asked for: what, from where, and what became of it (an HTTP status). */
export interface AuditRecord {
  readonly what: string;
  readonly from: string;
  readonly status: number;
}

/** Writes every change that somebody asked for to `audit.ndjson`. A change that cannot be written down raises an alert. */
export const auditLog =
  ({ dataDir, clock }: Pick<AppParts, 'dataDir' | 'clock'>, alerts: DaemonAlerts) =>
  (record: AuditRecord): void => {
    const line = `${JSON.stringify({ timeMs: clock.nowMs(), ...record })}\n`;
    void appendFile(join(dataDir, PATHS.audit), line).catch((error: unknown) =>
      alerts.raise({ name: 'audit_failed', severity: 'critical', title: `the audit log cannot be written: ${String(error)}` }),
    );
  };
