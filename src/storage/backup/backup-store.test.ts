import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../domain/index.ts';
import { Sealer } from '../sealer.ts';
import { BackupStore } from './backup-store.ts';

let folder = '';
const clock = new ManualClock(Date.UTC(2024, 0, 1));
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ets-backup-'));
  mkdirSync(join(folder, 'trades'));
  writeFileSync(join(folder, 'trades/journal'), 'one');
  writeFileSync(join(folder, 'world.json'), '{}');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const objects = () => readdirSync(join(folder, 'backups/objects'));

describe('BackupStore', () => {
  it.each([undefined, 'a passphrase'])('gives back every file as it was (passphrase: %s)', async (passphrase) => {
    const store = new BackupStore(folder, clock, passphrase);
    const made = await store.create();
    writeFileSync(join(folder, 'trades/journal'), 'later');
    const target = join(folder, 'restored');
    await store.restore(made, target);
    expect(readFileSync(join(target, 'trades/journal'), 'utf8')).toBe('one');
    expect(await store.verify(made)).toEqual([]);
    expect(made.files.map(({ path }) => path)).toEqual(['trades/journal', 'world.json']);
  });

  it('keeps once what did not change, and prunes what no backup needs', async () => {
    const store = new BackupStore(folder, clock);
    await store.create();
    writeFileSync(join(folder, 'trades/journal'), 'two');
    clock.moveTo(clock.nowMs() + 1_000);
    const second = await store.create();
    expect(objects()).toHaveLength(3);
    expect(await store.prune(1)).toHaveLength(1);
    expect(objects()).toHaveLength(2);
    expect(await store.verify(second)).toEqual([]);
  });

  it.each([undefined, 'a passphrase'])('finds any changed byte (passphrase: %s)', async (passphrase) => {
    const store = new BackupStore(folder, clock, passphrase);
    const made = await store.create();
    const path = join(folder, 'backups/objects', `${made.files[0]!.sha256}${passphrase === undefined ? '' : '.sealed'}`);
    const bytes = readFileSync(path);
    for (let at = 0; at < bytes.length; at += 7) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 1;
      writeFileSync(path, changed);
      expect(await store.verify(made)).toHaveLength(1);
    }
    rmSync(path);
    expect(await store.verify(made)).toMatchObject([{ path: 'trades/journal' }]);
  });

  it('encrypts what was kept plain before, and reads both', async () => {
    const plain = await new BackupStore(folder, clock).create();
    clock.moveTo(clock.nowMs() + 1_000);
    const store = new BackupStore(folder, clock, 'a passphrase');
    const sealed = await store.create();
    expect([plain.encrypted, sealed.encrypted]).toEqual([false, true]);
    expect([await store.verify(plain), await store.verify(sealed)]).toEqual([[], []]);
    await expect(new BackupStore(folder, clock).verify(sealed)).rejects.toMatchObject({
      code: 'backup.key_missing',
      exitCode: 2,
    });
    await store.prune(1);
    expect(objects().every((name) => name.endsWith('.sealed'))).toBe(true);
    const text = objects()
      .map((name) => readFileSync(join(folder, 'backups/objects', name), 'latin1'))
      .join('');
    expect(text).not.toContain('one');
  });

  it('knows when each was made by its name, and reads no manifest for that', async () => {
    const store = new BackupStore(folder, clock);
    const made = [];
    for (const step of [0, 1_234, 90_000_000]) {
      clock.moveTo(clock.nowMs() + step);
      writeFileSync(join(folder, 'trades/journal'), `${step}`);
      made.push(await store.create());
    }
    for (const { backupId } of made) writeFileSync(join(folder, 'backups', `${backupId}.json`), 'damaged');
    writeFileSync(join(folder, 'backups/notes.json'), '{}');
    expect(await store.ids()).toEqual(made.map(({ backupId, createdMs }) => ({ backupId, createdMs })));
  });

  it('knows no backup by a name that leaves its folder', async () => {
    await expect(new BackupStore(folder, clock).manifest('../world')).rejects.toMatchObject({ code: 'backup.unknown' });
  });
});

describe('Sealer', () => {
  it('is undone by the same passphrase alone', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const sealed = new Sealer('right').seal(bytes);
        expect([...new Sealer('right').unseal(sealed)]).toEqual([...bytes]);
        expect(() => new Sealer('wrong').unseal(sealed)).toThrow(expect.objectContaining({ code: 'sealed.cannot_open' }));
      }),
      { numRuns: 4 },
    );
  });
});

describe('a backup while data changes', () => {
  const replace = (path: string, content: string) => {
    writeFileSync(`${path}.next`, content);
    renameSync(`${path}.next`, path);
  };

  it('keeps writers out only while files are named, and has every file as it was then', async () => {
    const store = new BackupStore(folder, clock);
    const path = join(folder, 'trades/journal');
    let isFrozen = false;
    const made = await store.create(undefined, async (act) => {
      isFrozen = true;
      const result = await act();
      isFrozen = false;
      expect(existsSync(join(folder, 'backups'))).toBe(false);
      replace(path, 'two');
      rmSync(join(folder, 'world.json'));
      return result;
    });
    expect(isFrozen).toBe(false);
    const target = join(folder, 'restored');
    await store.restore(made, target);
    expect(readFileSync(join(target, 'trades/journal'), 'utf8')).toBe('one');
    expect(readFileSync(join(target, 'world.json'), 'utf8')).toBe('{}');
    expect(readdirSync(join(folder, '.scratch'))).toEqual([]);
  });

  it('has neither keys, locks nor what is being written, and clears what a killed one left', async () => {
    mkdirSync(join(folder, '.scratch/snapshot/trades'), { recursive: true });
    writeFileSync(join(folder, '.scratch/snapshot/trades/left'), 'left');
    writeFileSync(join(folder, 'keys.sealed'), 'sealed');
    writeFileSync(join(folder, 'trades/.journal.1.tmp'), 'half');
    mkdirSync(join(folder, '.run-lock'));
    writeFileSync(join(folder, '.run-lock/1'), '{}');
    const { files } = await new BackupStore(folder, clock).create();
    expect(files.map(({ path }) => path)).toEqual(['trades/journal', 'world.json']);
  });

  it('stops at each step when it is told to, and leaves no backup', async () => {
    const stop = new AbortController();
    const store = new BackupStore(folder, clock);
    const making = store.create(stop.signal, async (act) => {
      const result = await act();
      stop.abort(new Error('deadline'));
      return result;
    });
    await expect(making).rejects.toThrow('deadline');
    expect(await store.list()).toEqual([]);
    const made = await store.create();
    await expect(store.verify(made, stop.signal)).rejects.toThrow('deadline');
    await expect(store.restore(made, join(folder, 'r'), stop.signal)).rejects.toThrow('deadline');
  });
});
