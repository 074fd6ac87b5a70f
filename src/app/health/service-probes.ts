import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ENV_FILE } from '../../config/index.ts';
import { HOUR_MS, systemClock, toIso } from '../../domain/index.ts';
import { createChannels, Outbox } from '../../monitoring/index.ts';
import { commitLockOwner } from '../../storage/index.ts';
import { PATHS } from '../app-parts.ts';
import { readProof, whyNotProven } from '../backup-proof.ts';
import { newestBackup } from '../backups.ts';
import { readJobRuns } from '../daemon/job-history.ts';
import { openMode } from '../open-env-file.ts';
import { degraded, down, type HealthProbe, ok } from './health-check.ts';

const OLD_BACKUP_HOURS = 50;
const NOT_PROVEN = 'mend what it says, then `ets backup create`, or `ets backup verify` where it was not looked at';
const MANY_WAITING = 20;

export const daemonProbe: HealthProbe = {
  name: 'daemon',
  async look({ dataDir }) {
    const owner = await commitLockOwner(join(dataDir, PATHS.runLock));
    if (owner) return ok(`process ${owner.pid} on ${owner.host} runs on this data directory`);
    return existsSync(join(dataDir, PATHS.schedule))
      ? degraded('none runs on this data directory any more', 'start it with `ets run`')
      : ok('none has run on this data directory');
  },
};

/** What the newest run of each job came to. */
export const jobProbe: HealthProbe = {
  name: 'jobs',
  async look({ dataDir }) {
    const newest = new Map((await readJobRuns(join(dataDir, PATHS.schedule))).map((run) => [run.job, run]));
    if (newest.size === 0) return ok('no job has run yet');
    const bad = [...newest.values()].filter(({ outcome }) => outcome !== 'done');
    if (bad.length === 0) return ok(`${[...newest.keys()].join(', ')}: the last run of each was good`);
    const detail = bad.map(
      ({ job, outcome, dueMs, message }) => `${job} of ${toIso(dueMs)} ${outcome}${message ? `: ${message}` : ''}`,
    );
    return degraded(detail.join('; '), 'docs/operations.md says what each job needs; it runs again when it is due');
  },
};

export const backupProbe: HealthProbe = {
  name: 'backup',
  async look(parts) {
    const last = await newestBackup(parts);
    if (!last) return ok('there is none yet; make one with `ets backup create`');
    const ageHours = Math.round((parts.clock.nowMs() - last.createdMs) / HOUR_MS);
    const detail = `${last.backupId}, ${ageHours} h ago${last.encrypted ? ', encrypted' : ''}`;
    const why = whyNotProven(last.backupId, await readProof(parts));
    if (why !== undefined) return { ...degraded(`${detail}; ${why}`, NOT_PROVEN), subject: why };
    return ageHours > OLD_BACKUP_HOURS ? degraded(detail, 'make one with `ets backup create`; it says what fails') : ok(detail);
  },
};

export const notificationProbe: HealthProbe = {
  name: 'notifications',
  async look({ dataDir, env }) {
    const channels = createChannels(env, fetch);
    if (channels.length === 0) return ok('no channel is configured; see .env.example');
    const { waiting } = await Outbox.open(join(dataDir, PATHS.outbox));
    const detail = `${channels.map(({ name }) => name).join(', ')}; ${waiting.length} messages wait`;
    return waiting.length > MANY_WAITING ? degraded(detail, '`ets notify test` shows which channel fails') : ok(detail);
  },
};

export const certificateProbe: HealthProbe = {
  name: 'certificate',
  async look({ config }) {
    const { readTlsFiles } = await import('../../server/tls-files.ts');
    const files = await readTlsFiles(config.server, systemClock.nowMs());
    if (!files) return ok('the API speaks plain HTTP');
    return files.warning
      ? degraded(files.warning, 'put the new one in its place and start the daemon again')
      : ok(`valid until ${toIso(files.validUntilMs)}`);
  },
};

/** Whether the file of secrets is its owner's alone. */
export const secretsProbe: HealthProbe = {
  name: 'secrets',
  async look({ envFile = ENV_FILE }) {
    if (!existsSync(envFile)) return ok(`there is no ${envFile} here`);
    const mode = openMode(envFile);
    return mode === undefined
      ? ok(`${envFile} is its owner's alone`)
      : degraded(`others than its owner may use ${envFile} (mode ${mode})`, `chmod 600 ${envFile}`);
  },
};

/** Further off than this, an exchange refuses what is signed with this clock. */
const CLOCK_OFF_MS = 1_000;

/** Whether this machine's clock agrees with the time of the file system it writes to, and in which world it is. */
export const clockProbe: HealthProbe = {
  name: 'clock',
  async look({ clock, isSimulated, dataDir, timer }) {
    const now = `${toIso(clock.nowMs())}${isSimulated ? ' SIMULATED' : ''}`;
    const before = { wall: systemClock.nowMs(), process: timer.elapsedMs() };
    await commitLockOwner(join(dataDir, PATHS.runLock));
    const jumpMs = systemClock.nowMs() - before.wall - (timer.elapsedMs() - before.process);
    return Math.abs(jumpMs) > CLOCK_OFF_MS
      ? down(`${now}; this machine's clock jumps by ${Math.round(jumpMs)} ms`, 'synchronise it (chrony, systemd-timesyncd)')
      : ok(now);
  },
};
