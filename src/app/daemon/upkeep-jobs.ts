import { DataError, HOUR_MS, MINUTE_MS } from '../../domain/index.ts';
import { type Job, parseDueTimes, timedJob } from '../../scheduler/index.ts';
import { timeWeightedEquity } from '../../trading/index.ts';
import type { AppParts } from '../app-parts.ts';
import { createBackup, pruneBackups } from '../backups.ts';
import { pruneModels } from '../prune-models.ts';
import { dropOldLines } from '../retention/keep-lines.ts';
import { dropOldRows } from '../retention/keep-rows.ts';
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
    health: () => lookAfterHealth(parts, alerts, daemon),
    extraction: (signal: AbortSignal) => fetching.fetch(signal),
    backup: (signal: AbortSignal) => backUp(parts, signal),
    async retention(signal: AbortSignal) {
      const { cycle } = daemon.session;
      const serving = cycle.model()?.modelId;
      await pruneModels(parts, daemon.registry, retention.models, serving === undefined ? [] : [serving]);
      await pruneBackups(parts, retention.backups);
      if (daemon.session.journalLength() > retention.journalRecords) await daemon.session.compactJournal();
      await dropOldRows(parts, signal);
      await dropOldLines(parts);
    },
  } as const;
  return (['health', 'extraction', 'backup', 'retention'] as const).flatMap((name) => {
    const { enabled, when, lateHours, deadlineMinutes } = schedule[name];
    if (!enabled) return [];
    const job = timedJob(name, parseDueTimes(when), lateHours * HOUR_MS);
    return [{ ...job, deadlineMs: deadlineMinutes * MINUTE_MS, run: runs[name] }];
  });
}

async function lookAfterHealth(
  { config }: AppParts,
  alerts: DaemonAlerts,
  { health, session }: Pick<RunningDaemon, 'health' | 'session'>,
): Promise<void> {
  alerts.checks((await health.look()).checks);
  alerts.performance(timeWeightedEquity(session.cycle.performance.points), config.notifications.drawdownAlert);
  const quality = await health.judgeModel();
  if (quality) alerts.quality(quality);
}

/**
 * A backup that cannot be restored is none; one that lies on one disk is half a one.
 * @throws DataError `backup.not_proven` for either
 */
async function backUp(parts: AppParts, signal: AbortSignal): Promise<void> {
  const { backupId, verified, problems, copies } = await createBackup(parts, signal);
  const wrong = [
    ...(verified ? [] : [`the backup ${backupId} cannot be restored: ${problems[0]?.message ?? 'unknown'}`]),
    ...copies.flatMap(({ error }) => error ?? []),
  ];
  if (wrong.length === 0) return;
  throw new DataError('backup.not_proven', wrong.join('; '), {
    hint: 'Check the disk and `ets data verify`, backup.copyDir or backup.s3 and its keys, then `ets backup create`.',
  });
}
