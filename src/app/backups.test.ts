import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../config/index.ts';
import { ManualClock, systemTimer } from '../domain/index.ts';
import type { AppParts } from './app-parts.ts';
import { backupPlaces, createBackup, fetchBackups } from './backups.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ets-app-backups-'));
  for (const name of ['data', 'new']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'data/audit.ndjson'), '{}\n');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const parts = (dataDir: string, overrides: string[], env: Record<string, string> = {}) =>
  ({
    dataDir: join(folder, dataDir),
    clock: new ManualClock(Date.UTC(2024, 0, 1)),
    timer: systemTimer,
    env,
    config: loadConfig({ env: {}, overrides }),
    world: { kind: 'real' },
  }) as unknown as AppParts;

describe('copies of backups', () => {
  it('are made with each backup, and bring back a lost data directory', async () => {
    const place = `backup.copyDir=${join(folder, 'copies')}`;
    const made = await createBackup(parts('data', [place], { ETS_BACKUP_KEY: 'a passphrase' }));
    expect(made).toMatchObject({ verified: true, encrypted: true, copies: [{ place: join(folder, 'copies'), error: null }] });
    const { fetched, backups } = await fetchBackups(parts('new', [place]));
    expect(fetched[0]?.files).toBeGreaterThan(1);
    expect(backups.map(({ backupId }) => backupId)).toEqual([made.backupId]);
  });

  it('that fail are told, and the backup stands', async () => {
    writeFileSync(join(folder, 'file'), '');
    const made = await createBackup(parts('data', [`backup.copyDir=${join(folder, 'file/below')}`]));
    expect(made.verified).toBe(true);
    expect(made.copies[0]?.error).toMatch(/cannot be copied/);
  });

  it('want keys for a bucket, and somewhere to fetch from', async () => {
    await expect(backupPlaces(parts('data', ['backup.s3.bucket=x']))).rejects.toMatchObject({
      code: 'backup.bucket_keys_missing',
    });
    await expect(fetchBackups(parts('data', []))).rejects.toMatchObject({ code: 'backup.no_place' });
  });
});
