import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DAY_MS } from '../domain/index.ts';
import { removeAbandonedFiles } from './abandoned-files.ts';

/** The file system's time; the host's clock is not asked. */
const NOW_MS = Date.UTC(2020, 0, 1);
const ID = '0b9f0a52-6d0e-4f0e-9a39-4d8f3c1f7a11';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ets-abandoned-'));
  mkdirSync(join(folder, 'trades', 'journal'), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function leave(name: string, ageMs: number): void {
  writeFileSync(join(folder, name), 'half');
  utimesSync(join(folder, name), (NOW_MS - ageMs) / 1_000, (NOW_MS - ageMs) / 1_000);
}
const files = () =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((one) => (one.isDirectory() ? [] : [one.name]));

it('removes what was being written and stood still for a day, in every folder', async () => {
  leave(`.outbox.json.${ID}.tmp`, 2 * DAY_MS);
  leave(`trades/.HALT.${ID}.tmp`, DAY_MS + 1_000);
  leave(`trades/journal/.ticket.${ID}.tmp`, 400 * DAY_MS);
  expect(await removeAbandonedFiles(folder, NOW_MS)).toBe(3);
  expect(files()).toEqual([]);
  expect(readdirSync(join(folder, 'trades'))).toEqual(['journal']);
});

it('leaves what somebody may still be writing, and what is not ours', async () => {
  leave(`.outbox.json.${ID}.tmp`, DAY_MS - 1_000);
  leave(`trades/.HALT.${ID}.tmp`, -DAY_MS);
  for (const name of ['notes.tmp', `${ID}.tmp`, `.outbox.json.${ID}`, '.outbox.json', `outbox.json.${ID}.tmp`])
    leave(name, 9 * DAY_MS);
  const before = files();
  expect(await removeAbandonedFiles(folder, NOW_MS)).toBe(0);
  expect(files()).toEqual(before);
});

it('follows no link out of the folder', async () => {
  leave(`trades/.HALT.${ID}.tmp`, 2 * DAY_MS);
  symlinkSync(join(folder, 'trades'), join(folder, 'trades', 'journal', 'elsewhere'));
  expect(await removeAbandonedFiles(join(folder, 'trades', 'journal'), NOW_MS)).toBe(0);
  expect(files()).toContain(`.HALT.${ID}.tmp`);
});

it('finds nothing to do where there is no folder', async () => {
  expect(await removeAbandonedFiles(join(folder, 'missing'), NOW_MS)).toBe(0);
});
