import { execFile, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AppParts } from '../src/app/app-parts.ts';
import { restoreBackup } from '../src/app/backups.ts';
import { openApp } from '../src/app.ts';
import { loadConfig } from '../src/config/index.ts';
import { startSandbox } from '../src/sandbox/index.ts';
import { FileJournal, readJournal } from '../src/trading/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'ets-restore-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const config = loadConfig({ env: {} });
const open = (dataDir: string) => openApp({ dataDir, config, env: {} });

/** Content of every file that data is made of: no backups, locks or scratch. */
function contentOf(dataDir: string): Record<string, string> {
  const files = readdirSync(dataDir, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile());
  const paths = files.map((entry) => relative(dataDir, join(entry.parentPath, entry.name)));
  return Object.fromEntries(
    paths
      .filter((path) => !/^(backups|\.lock|\.run-lock|\.backup-lock|\.scratch)\//.test(path))
      .sort()
      .map((path) => [path, readFileSync(join(dataDir, path), 'utf8')]),
  );
}

describe('restore --force', () => {
  const dataDir = join(folder, 'data');
  let backupId = '';
  let old: Record<string, string>;
  let newer: Record<string, string>;
  const journal = join(dataDir, 'trades/journal');
  const transfer = async (amount: string) => {
    const opened = await FileJournal.open(journal);
    await opened.append([{ type: 'transfer', asset: 'USDT', amount, valueUsd: amount, reason: 'deposit', atMs: 1 }] as never);
    await opened.close();
  };
  beforeAll(async () => {
    mkdirSync(dataDir);
    const app = await open(dataDir);
    await transfer('100');
    writeFileSync(join(dataDir, 'audit.ndjson'), '{"what":"before"}\n');
    ({ backupId } = await app.createBackup());
    old = contentOf(dataDir);
    await transfer('200');
    // What a later daemon leaves: a further segment, another model, a halt.
    const [segment] = readdirSync(journal);
    cpSync(join(journal, segment!), join(journal, segment!.replace(/\d(?=\D*$)/, '9')));
    mkdirSync(join(dataDir, 'models/later'), { recursive: true });
    writeFileSync(join(dataDir, 'models/later/model.bin'), 'later');
    writeFileSync(join(dataDir, 'trades/HALT'), '{}');
    writeFileSync(join(dataDir, 'keys.sealed'), 'sealed');
    await app.close();
    newer = contentOf(dataDir);
  });

  it('is all of the old state or all of the new one, whenever it is killed', { timeout: 240_000 }, async () => {
    const states: string[] = [];
    for (let deadly = 1; ; deadly++) {
      const copy = join(folder, `killed-${deadly}`);
      cpSync(dataDir, copy, { recursive: true });
      const script = resolve('test/restore-killed.fixture.mjs');
      const signal = await new Promise((done) =>
        spawn(process.execPath, [script, copy, backupId, String(deadly)]).on('close', (_, by) => done(by)),
      );
      await (await open(copy)).close();
      const found = contentOf(copy);
      const isNew = !('trades/HALT' in found);
      expect(found, `killed at rename ${deadly}`).toEqual(isNew ? { ...old, 'keys.sealed': 'sealed' } : newer);
      expect(existsSync(join(copy, '.scratch/restore/plan.json'))).toBe(false);
      states.push(isNew ? 'new' : 'old');
      if (signal === null) break;
    }
    expect(states.length).toBeGreaterThan(8);
    expect(states).toEqual([...states].sort().reverse());
    expect(new Set(states)).toEqual(new Set(['old', 'new']));
  });

  it('leaves nothing that was not in the backup, and keys and backups where they are', async () => {
    const app = await open(dataDir);
    await app.restoreBackup(backupId, undefined, true);
    expect(contentOf(dataDir)).toEqual({ ...old, 'keys.sealed': 'sealed' });
    expect((await app.listBackups()).map((one) => one.backupId)).toEqual([backupId]);
    expect((await readJournal(journal)).entries).toHaveLength(1);
    expect(readdirSync(join(dataDir, '.scratch'))).toEqual([]);
    await app.close();
  });

  it('changes nothing where the backup is damaged', async () => {
    const copy = join(folder, 'damaged');
    cpSync(dataDir, copy, { recursive: true });
    const before = contentOf(copy);
    const [object] = readdirSync(join(copy, 'backups/objects'));
    writeFileSync(join(copy, 'backups/objects', object!), 'changed');
    const app = await open(copy);
    await expect(app.restoreBackup(backupId, undefined, true)).rejects.toMatchObject({ code: 'backup.object_damaged' });
    expect(contentOf(copy)).toEqual(before);
    await app.close();
  });

  it('ends when it is told to, and changes nothing', async () => {
    const copy = join(folder, 'aborted');
    cpSync(dataDir, copy, { recursive: true });
    const before = contentOf(copy);
    const { systemClock: clock, systemTimer: timer } = await import('../src/domain/index.ts');
    const parts = { dataDir: copy, clock, timer, env: {}, config, world: { kind: 'real' } } as unknown as AppParts;
    await expect(
      restoreBackup({ ...parts, signal: AbortSignal.abort(new Error('stopped')) }, backupId, undefined, true),
    ).rejects.toThrow('stopped');
    expect(contentOf(copy)).toEqual(before);
  });
});

describe('restore beside a running daemon', () => {
  it('is refused, and the daemon goes on', { timeout: 120_000 }, async () => {
    const sandbox = await startSandbox({ seed: 1, startMs: Date.UTC(2024, 0, 1), edge: 0, speed: 1, blockSpacingMs: 3_600_000 });
    const ends = join(folder, 'ends.json');
    writeFileSync(ends, JSON.stringify({ urls: sandbox.urls }));
    const set = ['--set', 'server.port=0', '--set', 'streams.enabled=false'];
    const common = ['--endpoints', ends, '--data-dir', join(folder, 'running'), '--json', ...set];
    const main = resolve('dist/cli/main.js');
    const ets = (...args: string[]) =>
      new Promise<{ code: number; json: { backupId: string; error: { code: string } } }>((done) =>
        execFile(process.execPath, [main, ...args, ...common], { cwd: folder }, (error, out) =>
          done({ code: error ? Number(error.code) : 0, json: JSON.parse(out) as never }),
        ),
      );
    const daemon = spawn(process.execPath, [main, 'run', ...common], { cwd: folder });
    const ended = new Promise((done) => daemon.on('close', done));
    try {
      await new Promise((ready) => daemon.stdout.once('data', ready));
      const { json: made } = await ets('backup', 'create');
      const restored = await ets('backup', 'restore', made.backupId, '--force');
      expect(restored).toMatchObject({ code: 2, json: { error: { code: 'run.already_running' } } });
      expect(daemon.exitCode).toBeNull();
    } finally {
      daemon.kill('SIGTERM');
      expect(await ended).toBe(0);
      await sandbox.close();
    }
  });
});
