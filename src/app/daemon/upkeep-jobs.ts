import { HOUR_MS, MINUTE_MS } from '../../domain/index.ts';
import { type Job, parseDueTimes, timedJob } from '../../scheduler/index.ts';
import type { AppParts } from '../app-parts.ts';
import { createBackup, pruneBackups } from '../backups.ts';
import type { DaemonAlerts } from './daemon-alerts.ts';
import type { DataFetch } from './data-fetch.ts';
import type { RunningDaemon } from './running-daemon.ts';

/** A job that keeps the system well. It runs beside the schedule of decisions and is never waited for. */
export interface UpkeepJob extends Job {
  readonly deadlineMs: number;
  run(signal: AbortSignal): Promise<void>;
}

export interface UpkeepParts {
  readonly parts: AppParts;
  readonly alerts: DaemonAlerts;
  readonly daemon: Pick<RunningDaemon, 'health' | 'registry' | 'session'>;
  readonly fetching: DataFetch;
}

/** The jobs that the configuration has switched on. @throws ConfigError `schedule.bad_time` */
export function upkeepJobs({ parts, alerts, daemon, fetching }: UpkeepParts): UpkeepJob[] {
  const { schedule, retention } = parts.config;
  const runs = {
    health: () => lookAfterHealth(alerts, daemon),
    extraction: (signal: AbortSignal) => fetching.fetch(signal),
    backup: () => backUp(parts, alerts),
    async retention() {
      const { cycle } = daemon.session;
      const serving = cycle.model()?.modelId;
      await daemon.registry.prune(retention.models, serving === undefined ? [] : [serving]);
      await pruneBackups(parts, retention.backups);
    },
  } as const;
  return (['health', 'extraction', 'backup', 'retention'] as const).flatMap((name) => {
    const { enabled, when, lateHours, deadlineMinutes } = schedule[name];
    if (!enabled) return [];
    const job = timedJob(name, parseDueTimes(when), lateHours * HOUR_MS);
    return [{ ...job, deadlineMs: deadlineMinutes * MINUTE_MS, run: runs[name] }];
  });
}

async function lookAfterHealth(alerts: DaemonAlerts, { health }: Pick<RunningDaemon, 'health'>): Promise<void> {
  alerts.checks((await health.look()).checks);
  const quality = await health.judgeModel();
  if (quality?.level !== 'act') return;
  alerts.raise({
    name: 'model_drift',
    severity: 'warning',
    title: `the model is not what it was: ${quality.reasons.join('; ')}`,
  });
}

/** A backup that cannot be restored is none. */
async function backUp(parts: AppParts, alerts: DaemonAlerts): Promise<void> {
  const { backupId, verified, problems } = await createBackup(parts);
  if (verified) return;
  const title = `the backup ${backupId} cannot be restored: ${problems[0]?.message ?? 'unknown'}`;
  alerts.raise({ name: 'backup_failed', severity: 'critical', title });
}
