import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../domain/index.ts';
import { ModelRegistry, type StoredModel } from './model-registry.ts';

let folder = '';
let clock: ManualClock;
let registry: ModelRegistry;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ets-registry-'));
  clock = new ManualClock(1_700_000_000_000);
  registry = new ModelRegistry(folder, clock);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const bytes = ({ artifact }: StoredModel) => [...artifact];

const scores = { accuracy: 0.4, logLoss: 1.05, brier: 0.65, ece: null, days: 88 };
const about = (n: number) => ({
  trainedUntilMs: 1_690_000_000_000 + n * 604_800_000,
  features: ['a', 'b'],
  featureCodeHash: 'f'.repeat(64),
  canonical: { series: 'binance:ETHUSDT:1h', reason: 'hourly' },
  procedureHash: 'p',
  procedure: { trees: 10 },
  trainDays: 365,
  rows: 364,
  classes: [100, 120, 144] as [number, number, number],
  metrics: scores,
  baseline: scores,
  gate: { decision: 'promoted' as const, reason: 'first', checks: [] },
});

async function saved(n: number): Promise<string> {
  clock.moveTo(clock.nowMs() + 1_000);
  return (await registry.save(Uint8Array.of(1, 2, n), about(n))).modelId;
}

describe('ModelRegistry', () => {
  it('names a version by its content, and gives its bytes back', async () => {
    const id = await saved(1);
    expect(await saved(1)).toBe(id);
    expect([...(await registry.load(id)).artifact]).toEqual([1, 2, 1]);
    expect(readFileSync(join(folder, id, 'MODEL.md'), 'utf8')).toContain('is unscored');
    expect(await registry.list()).toHaveLength(1);
  });

  it('promotes, rolls back, and lists what is current', async () => {
    const [a, b] = [await saved(1), await saved(2)];
    await registry.promote(a, 'first');
    await registry.promote(b, 'better');
    expect((await registry.list()).map((x) => [x.modelId, x.current])).toEqual([
      [a, false],
      [b, true],
    ]);
    expect((await registry.rollback()).modelId).toBe(a);
    expect(await registry.currentId()).toBe(a);
  });

  it('serves the predecessor where the current model is damaged, and says why', async () => {
    const [a, b] = [await saved(1), await saved(2)];
    await registry.promote(a, 'first');
    await registry.promote(b, 'better');
    writeFileSync(join(folder, b, 'artifact.bin'), 'noise');
    await expect(registry.load(b)).rejects.toMatchObject({ code: 'registry.artifact_damaged' });
    const current = await registry.loadCurrent(bytes);
    expect(current?.manifest.modelId).toBe(a);
    expect(current?.fallbackReason).toContain('damaged');
    rmSync(join(folder, a), { recursive: true });
    await expect(registry.loadCurrent(bytes)).rejects.toMatchObject({ code: 'registry.no_usable_model' });
  });

  it('does not bring back by itself what was rolled back', async () => {
    const [a, b, c] = [await saved(1), await saved(2), await saved(3)];
    for (const id of [a, b, c]) await registry.promote(id, 'better');
    expect((await registry.rollback()).modelId).toBe(b);
    expect((await registry.rollback()).modelId).toBe(a);
    await expect(registry.rollback()).rejects.toMatchObject({ code: 'registry.nothing_before' });
    await registry.promote(c, 'by hand');
    expect((await registry.rollback()).modelId).toBe(a);
    writeFileSync(join(folder, a, 'artifact.bin'), 'noise');
    await expect(registry.loadCurrent(bytes)).rejects.toMatchObject({ code: 'registry.no_usable_model' });
    expect((await registry.history()).map((x) => x.reason)).toEqual([
      'better',
      'better',
      'better',
      'rollback',
      'rollback',
      'by hand',
      'rollback',
    ]);
  });

  it('keeps a stored version as it is when it is saved again, and mends a damaged one', async () => {
    const id = await saved(1);
    const before = readFileSync(join(folder, id, 'manifest.json'), 'utf8');
    await saved(1);
    expect(readFileSync(join(folder, id, 'manifest.json'), 'utf8')).toBe(before);
    writeFileSync(join(folder, id, 'artifact.bin'), '');
    await saved(1);
    expect([...(await registry.load(id)).artifact]).toEqual([1, 2, 1]);
    expect(readdirSync(join(folder, id)).sort()).toEqual(['MODEL.md', 'artifact.bin', 'manifest.json']);
  });

  it('passes over what a killed save has left, and the next save removes it', async () => {
    const id = await saved(1);
    await registry.promote(id, 'first');
    const leave = (name: string) => {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, 'artifact.bin'), 'half');
      return name;
    };
    const leaveFile = (name: string) => {
      writeFileSync(join(folder, name), '{');
      return name;
    };
    const gone = spawnSync(process.execPath, ['-e', '0']).pid;
    const [version] = ['m20240101-0123456789ab', `.saving-${gone}-a`, `.saving-${process.pid}-b`].map(leave);
    for (const pid of [gone, process.pid]) leaveFile(`current.json.${pid}-d.tmp`);
    const living = [leave(`.saving-${process.ppid}-c`), leaveFile(`current.json.${process.ppid}-e.tmp`), leaveFile('notes.tmp')];
    expect((await registry.list()).map(({ modelId }) => modelId)).toEqual([id]);
    expect(await registry.problems()).toEqual([]);
    await expect(registry.load(version!)).rejects.toMatchObject({ code: 'registry.no_such_model' });
    expect((await registry.loadCurrent(bytes))?.manifest.modelId).toBe(id);
    expect(await registry.prune(0, [])).toEqual([]);
    const next = await saved(2);
    expect(readdirSync(folder).sort()).toEqual([...living, 'current.json', id, next].sort());
  });

  it('stores a version over its own leftover, and two at once', async () => {
    const id = await saved(1);
    rmSync(join(folder, id, 'manifest.json'));
    expect(await saved(1)).toBe(id);
    expect([...(await registry.load(id)).artifact]).toEqual([1, 2, 1]);
    const both = await Promise.all([2, 3].map((n) => registry.save(Uint8Array.of(1, 2, n), about(n))));
    expect((await registry.list()).map(({ modelId }) => modelId).sort()).toEqual(
      [id, ...both.map(({ modelId }) => modelId)].sort(),
    );
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('stores the same version once where several do at a time, and each can promote it at once', async () => {
    const savers = [5, 6, 7, 8].map((seconds) => new ModelRegistry(folder, new ManualClock(clock.nowMs() + seconds * 1_000)));
    const kept = await Promise.all(
      savers.map(async (own) => {
        const manifest = await own.save(Uint8Array.of(9), about(9));
        await own.promote(manifest.modelId, 'first');
        return manifest;
      }),
    );
    const [only, ...others] = await registry.list();
    expect(others).toEqual([]);
    expect(only).toMatchObject({ current: true, modelId: kept[0]?.modelId });
    expect(kept.map(({ createdMs }) => createdMs)).toEqual(kept.map(() => only?.createdMs));
    expect(readdirSync(folder).sort()).toEqual(['current.json', only?.modelId]);
  });

  it('lists past versions that cannot be read, and names them', async () => {
    const [a, b, c] = [await saved(1), await saved(2), await saved(3)];
    writeFileSync(join(folder, a, 'manifest.json'), '{"version":99}');
    writeFileSync(join(folder, b, 'artifact.bin'), 'noise');
    rmSync(join(folder, c, 'manifest.json'));
    expect((await registry.list()).map((x) => x.modelId)).toEqual([b]);
    expect((await registry.problems()).map((x) => [x.modelId, x.code])).toEqual([
      [a, 'registry.newer_format'],
      [b, 'registry.artifact_damaged'],
    ]);
    await expect(registry.save(Uint8Array.of(1, 2, 1), about(1))).rejects.toMatchObject({ code: 'registry.newer_format' });
  });

  it('refuses a manifest under another name, and a damaged pointer', async () => {
    const id = await saved(1);
    cpSync(join(folder, id), join(folder, 'm20990101-copied'), { recursive: true });
    await expect(registry.load('m20990101-copied')).rejects.toMatchObject({ code: 'registry.manifest_damaged' });
    writeFileSync(join(folder, 'current.json'), '{');
    await expect(registry.loadCurrent(bytes)).rejects.toMatchObject({ code: 'registry.pointer_damaged' });
  });

  it('compares two versions', async () => {
    const a = await saved(1);
    clock.moveTo(clock.nowMs() + 1_000);
    const other = { ...about(2), features: ['b', 'c'], procedure: { trees: 20 }, metrics: { ...scores, logLoss: 1.04 } };
    const { modelId: b } = await registry.save(Uint8Array.of(9), other);
    const comparison = await registry.compare(a, b);
    expect(comparison).toMatchObject({
      isSameArtifact: false,
      onlyInA: ['a'],
      onlyInB: ['c'],
      differences: [{ name: 'trees', a: 10, b: 20 }],
    });
    expect(comparison.metrics[0]).toMatchObject({ name: 'logLoss', a: 1.05, b: 1.04 });
    expect(comparison.metrics[0]?.difference).toBeCloseTo(-0.01, 12);
    expect(comparison.metrics[3]).toEqual({ name: 'ece', a: null, b: null, difference: null });
  });

  it('exports a version that another registry can load, and overwrites nothing', async () => {
    const id = await saved(1);
    const target = join(folder, 'elsewhere');
    expect(await registry.export(id, target)).toBe(join(target, id));
    expect((await new ModelRegistry(target, clock).load(id)).manifest).toEqual(await registry.show(id));
    await expect(registry.export(id, target)).rejects.toMatchObject({ code: 'registry.export_exists' });
  });

  it('is empty where there is no folder', async () => {
    const nowhere = new ModelRegistry(join(folder, 'none'), clock);
    expect(await nowhere.list()).toEqual([]);
    expect(await nowhere.loadCurrent(bytes)).toBeUndefined();
    expect(await nowhere.prune(0, [])).toEqual([]);
  });

  it('refuses a newer format, an unknown id, and a path instead of an id', async () => {
    const id = await saved(1);
    writeFileSync(join(folder, id, 'manifest.json'), JSON.stringify({ version: 99 }));
    await expect(registry.show(id)).rejects.toMatchObject({ code: 'registry.newer_format' });
    await expect(registry.show('m20990101-none')).rejects.toMatchObject({ code: 'registry.no_such_model', exitCode: 2 });
    await expect(registry.show('../../etc')).rejects.toMatchObject({ code: 'registry.no_such_model' });
    await expect(registry.rollback()).rejects.toMatchObject({ code: 'registry.nothing_before' });
  });

  it('never prunes the current version, its predecessor or a protected one', async () => {
    const ids = [];
    for (let n = 0; n < 6; n++) ids.push(await saved(n));
    await registry.promote(ids[0]!, 'first');
    await registry.promote(ids[2]!, 'better');
    expect(await registry.prune(1, [ids[3]!])).toEqual([ids[1], ids[4]]);
    expect(existsSync(join(folder, ids[0]!))).toBe(true);
  });
});
