import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError, type TimeMs } from '../domain/index.ts';
import { acquireCommitLock } from '../storage/index.ts';
import { type AppParts, PATHS } from './app-parts.ts';

/** One change that somebody asked for: what, from where, and what became of it (an HTTP status; 200 or 500 elsewhere). */
export interface AuditRecord {
  readonly what: string;
  readonly from: string;
  readonly status: number;
}

type AuditParts = Pick<AppParts, 'dataDir' | 'clock' | 'timer'>;

/** Nobody else writes the audit log meanwhile. @throws DataError `storage.busy` */
export const auditLock = ({ dataDir, timer }: Pick<AppParts, 'dataDir' | 'timer'>): Promise<() => Promise<void>> =>
  acquireCommitLock(join(dataDir, '.audit-lock'), { timer });

/** A record with its time, and how many like it the line stands for. */
export interface AuditLine extends AuditRecord {
  readonly timeMs: TimeMs;
  readonly count?: number;
}

/** Adds lines to `audit.ndjson` at once. @throws the file system's error */
export async function appendAudit(parts: AuditParts, lines: readonly AuditLine[]): Promise<void> {
  const release = await auditLock(parts);
  try {
    await appendFile(join(parts.dataDir, PATHS.audit), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  } finally {
    await release();
  }
}

/**
 * Does what somebody asked for on the command line, and writes down that it was asked and how it ended. What is switched
 * comes first: trading can be halted on a full disk.
 * @throws DataError `audit.not_written` where it was done and cannot be written down
 */
export async function audited<T>(parts: AuditParts, what: string, act: () => Promise<T>): Promise<T> {
  let status = 500;
  try {
    const result = await act();
    status = 200;
    return result;
  } finally {
    await appendAudit(parts, [{ timeMs: parts.clock.nowMs(), what, from: 'command line', status }]).catch((cause: unknown) => {
      if (status !== 200) return;
      throw new DataError('audit.not_written', `${what} is done, and the audit log cannot be written`, {
        hint: `Is the disk full? ${PATHS.audit} in the data directory has to be writable.`,
        cause,
      });
    });
  }
}
