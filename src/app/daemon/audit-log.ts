import type { AppParts } from '../app-parts.ts';
import { type AuditRecord, writeAudit } from '../write-audit.ts';
import type { DaemonAlerts } from './daemon-alerts.ts';

/**
 * Writes every change that somebody asked for to `audit.ndjson`, in the order in which they are told. A change that cannot be
 * written down raises an alert.
 */
export function auditLog(
  parts: Pick<AppParts, 'dataDir' | 'clock' | 'timer'>,
  alerts: Pick<DaemonAlerts, 'raise'>,
): (record: AuditRecord) => void {
  let written = Promise.resolve();
  return (record) => {
    written = written
      .then(() => writeAudit(parts, record))
      .catch((error: unknown) =>
        alerts.raise({ name: 'audit_failed', severity: 'critical', title: `the audit log cannot be written: ${String(error)}` }),
      );
  };
}
