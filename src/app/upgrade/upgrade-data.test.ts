import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemTimer } from '../../domain/index.ts';
import { Outbox } from '../../monitoring/index.ts';
import { JobHistory } from '../daemon/job-history.ts';
import { acquireRunLock } from '../daemon/run-lock.ts';
import { DATA_LAYOUT, MIGRATIONS } from './migrations.ts';
import { undoUpgrade } from './undo-upgrade.ts';
import { readLayout, upgradeData, writeLayout } from './upgrade-data.ts';

const NOW = Date.UTC(2024, 0, 1);
let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'ets-upgrade-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const file = (name: string) => join(dataDir, name);
const read = (name: string) => JSON.parse(readFileSync(file(name), 'utf8'));
const upgrade = () => upgradeData({ dataDir, timer: systemTimer }, '2.0.0');

/** Files as the version before layouts wrote them. */
function oldFiles() {
  const outbox = { waiting: [], announcedMs: { disk_low: NOW } };
  const run = { job: 'decision', dueMs: NOW, endedMs: NOW, outcome: 'done', message: null };
  const schedule = { sinceMs: NOW, lastDueMs: { decision: NOW }, runs: [run] };
  writeFileSync(file('outbox.json'), JSON.stringify(outbox));
  writeFileSync(file('schedule.json'), JSON.stringify(schedule));
  return { outbox, schedule };
}

describe('the upgrade of a data directory', () => {
  it('brings files of the version before to the form that this one reads, and keeps how they were', async () => {
    const before = oldFiles();
    expect(await upgrade()).toEqual({
      layout: DATA_LAYOUT,
      migrated: [
        { file: 'outbox.json', before: 'outbox.json.before-layout-1' },
        { file: 'schedule.json', before: 'schedule.json.before-layout-1' },
      ],
    });
    expect(read('outbox.json.before-layout-1')).toEqual(before.outbox);
    expect(read('schedule.json.before-layout-1')).toEqual(before.schedule);
    expect(read('layout.json')).toEqual({ layout: DATA_LAYOUT, version: '2.0.0' });
    const outbox = await Outbox.open(file('outbox.json'));
    expect(outbox.damagedFile).toBeUndefined();
    expect(outbox.announced('disk_low')).toEqual({ lastMs: NOW, sinceMs: NOW });
    const history = await JobHistory.open(file('schedule.json'), NOW);
    expect(history.runs).toMatchObject([{ job: 'decision', durationMs: 0 }]);
  });

  it('changes nothing the second time', async () => {
    oldFiles();
    await upgrade();
    const [outbox, schedule] = [read('outbox.json'), read('schedule.json')];
    expect((await upgrade()).migrated).toEqual([]);
    expect([read('outbox.json'), read('schedule.json')]).toEqual([outbox, schedule]);
  });

  it('goes on where it was killed between two files', async () => {
    oldFiles();
    writeFileSync(file('outbox.json'), JSON.stringify(MIGRATIONS[0]!.migrate(read('outbox.json'))));
    expect((await upgrade()).migrated.map((one) => one.file)).toEqual(['schedule.json']);
  });

  it('writes nothing where there is nothing to do, or nothing at all', async () => {
    expect(await upgrade()).toEqual({ layout: DATA_LAYOUT, migrated: [] });
    expect(existsSync(file('layout.json'))).toBe(false);
    writeFileSync(file('outbox.json'), '{torn');
    expect((await upgrade()).migrated).toEqual([]);
  });

  it('waits for no daemon of the version before', async () => {
    oldFiles();
    const release = await acquireRunLock({ dataDir, timer: systemTimer });
    await expect(upgrade()).rejects.toMatchObject({ code: 'run.already_running' });
    expect(read('outbox.json').announcedMs).toEqual({ disk_low: NOW });
    await release();
  });
});

describe('the way back', () => {
  it('is refused on what a newer version has written, with its number', async () => {
    writeFileSync(file('layout.json'), JSON.stringify({ layout: DATA_LAYOUT + 1, version: '9.1.0' }));
    await expect(upgrade()).rejects.toMatchObject({
      code: 'data.newer_layout',
      message: expect.stringContaining('9.1.0'),
      hint: expect.stringContaining('backup'),
    });
  });

  it.each(['', '{}', '{"layout":0,"version":"1"}', '[1'])('is refused too where nobody can tell: %s', async (text) => {
    writeFileSync(file('layout.json'), text);
    await expect(readLayout(dataDir)).rejects.toMatchObject({ code: 'data.layout_damaged' });
  });

  it('gives back what an upgrade changed, once, and the version before reads it again', async () => {
    const before = oldFiles();
    await upgrade();
    writeFileSync(file('journal'), 'written since');
    const undo = () => undoUpgrade({ dataDir, timer: systemTimer }, '2.0.0');
    expect(await undo()).toEqual({ layout: DATA_LAYOUT - 1, restored: ['outbox.json', 'schedule.json'] });
    expect([read('outbox.json'), read('schedule.json')]).toEqual([before.outbox, before.schedule]);
    expect(await readLayout(dataDir)).toBe(DATA_LAYOUT - 1);
    expect(readFileSync(file('journal'), 'utf8')).toBe('written since');
    expect(await undo()).toEqual({ layout: DATA_LAYOUT - 1, restored: [] });
    expect((await upgrade()).migrated).toHaveLength(2);
  });

  it('touches nothing while a daemon runs', async () => {
    oldFiles();
    await upgrade();
    const release = await acquireRunLock({ dataDir, timer: systemTimer });
    await expect(undoUpgrade({ dataDir, timer: systemTimer }, '2.0.0')).rejects.toMatchObject({ code: 'run.already_running' });
    expect(existsSync(file('outbox.json.before-layout-1'))).toBe(true);
    await release();
  });

  it('is open where the number is known', async () => {
    await writeLayout(dataDir, '2.0.0');
    expect(await readLayout(dataDir)).toBe(DATA_LAYOUT);
  });
});
