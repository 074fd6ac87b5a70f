import { existsSync } from 'node:fs';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DAY_MS, systemClock, type TimeMs } from '../../domain/index.ts';
import { writeFileAtomic } from '../../storage/index.ts';
import { type AppParts, PATHS } from '../app-parts.ts';
import { auditLock } from '../write-audit.ts';

type LineParts = Pick<AppParts, 'dataDir' | 'config' | 'clock' | 'timer' | 'env'>;

/** Drops old lines of the audit log and full log files that are old. @returns lines and files that went */
export async function dropOldLines(parts: LineParts): Promise<{ readonly auditLines: number; readonly logFiles: number }> {
  const { auditDays, logDays } = parts.config.retention.tables;
  const nowMs = parts.clock.nowMs();
  return {
    auditLines: auditDays === null ? 0 : await cutAudit(parts, nowMs - auditDays * DAY_MS),
    // Files bear the time of this machine, whatever time the world has.
    logFiles: logDays === null || !parts.env.ETS_LOG_DIR ? 0 : await dropLogs(parts.env.ETS_LOG_DIR, logDays),
  };
}

async function cutAudit(parts: LineParts, beforeMs: TimeMs): Promise<number> {
  const path = join(parts.dataDir, PATHS.audit);
  if (!existsSync(path)) return 0;
  const release = await auditLock(parts);
  try {
    const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '');
    const kept = lines.filter((line) => !isBefore(line, beforeMs));
    if (kept.length < lines.length) await writeFileAtomic(path, kept.map((line) => `${line}\n`).join(''));
    return lines.length - kept.length;
  } finally {
    await release();
  }
}

/** A line that cannot be read is kept: it may say something to a person. */
function isBefore(line: string, beforeMs: TimeMs): boolean {
  try {
    const { timeMs } = JSON.parse(line) as { timeMs?: unknown };
    return typeof timeMs === 'number' && timeMs < beforeMs;
  } catch {
    return false;
  }
}

async function dropLogs(folder: string, days: number): Promise<number> {
  const names = await readdir(folder).catch(() => [] as string[]);
  let dropped = 0;
  for (const name of names.filter((one) => /^ets\.log\.\d+$/.test(one))) {
    const path = join(folder, name);
    if (systemClock.nowMs() - (await stat(path)).mtimeMs < days * DAY_MS) continue;
    await rm(path, { force: true });
    dropped += 1;
  }
  return dropped;
}
