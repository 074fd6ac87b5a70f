import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { DAY_MS, ManualClock } from '../src/domain/index.ts';
import { ModelRegistry } from '../src/model/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'ets-killed-save-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Saves and promotes a model in a process of its own. @param deadly change of the disk at which it is killed */
function save(models: string, trainedUntilMs: number, deadly = 0): Promise<{ modelId: string; signal: unknown }> {
  const line = [resolve('test/killed-save.fixture.mjs'), models, String(trainedUntilMs), String(deadly)];
  return new Promise((done, failed) => {
    const child = execFile(process.execPath, line, (error, out) => {
      if (error && child.signalCode === null) failed(error);
      else done({ modelId: out.trim(), signal: child.signalCode });
    });
  });
}

it('a save that is killed at any change of the disk has stored a version whole or not at all', { timeout: 120_000 }, async () => {
  const before = join(folder, 'before');
  const { modelId: old } = await save(before, 100 * DAY_MS);
  const states: string[] = [];
  for (let deadly = 1; ; deadly++) {
    const models = join(folder, `killed-${deadly}`);
    cpSync(before, models, { recursive: true });
    const { signal } = await save(models, 107 * DAY_MS, deadly);
    const registry = new ModelRegistry(models, new ManualClock(200 * DAY_MS));
    const listed = (await registry.list()).map(({ modelId }) => modelId);
    expect(await registry.problems(), `killed at ${deadly}`).toEqual([]);
    const current = await registry.loadCurrent(({ manifest }) => manifest.modelId);
    expect(current?.fallbackReason).toBeNull();
    states.push(current?.model === old ? (listed.length === 1 ? 'old' : 'stored') : 'promoted');
    const again = await registry.load(old);
    const { modelId: next } = await registry.save(again.artifact, { ...again.manifest, trainedUntilMs: 114 * DAY_MS });
    expect(readdirSync(models).sort(), `killed at ${deadly}`).toEqual(['current.json', ...listed, next].sort());
    if (signal === null) break;
  }
  expect(states.filter((state) => state === 'old').length).toBeGreaterThan(6);
  expect([...new Set(states)]).toEqual(['old', 'stored', 'promoted']);
});
