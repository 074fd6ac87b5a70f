import { appendFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DRILL_TIMEOUT_MS, Drill, preparedData } from './drill.fixture.ts';

let base: Awaited<ReturnType<typeof preparedData>>;
let drill: Drill;
beforeAll(async () => {
  base = await preparedData({ train: true });
}, DRILL_TIMEOUT_MS);
afterAll(() => base.close());
beforeEach(async () => {
  drill = await Drill.open({ speed: 0, from: base.folder });
});
afterEach(() => drill.close());

/** Turns over one byte in the middle of a file. */
function flipByte(path: string): void {
  const bytes = readFileSync(path);
  bytes[bytes.length >> 1]! ^= 0xff;
  writeFileSync(path, bytes);
}
const filesBelow = (folder: string, ending: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => join(entry.parentPath, entry.name));
const run = (days: number) => drill.launch('run', '--days', `${days}`).ended;

describe('what lies on the disk, damaged', () => {
  it('the model: says so, holds, and decides again after a training', { timeout: DRILL_TIMEOUT_MS }, async () => {
    for (const file of filesBelow(drill.path('models'), 'artifact.bin')) flipByte(file);
    expect(await run(1)).toMatchObject({ code: 0 });
    expect(drill.told.of('model_damaged')).toMatchObject([
      { severity: 'critical', title: expect.stringContaining('are damaged'), detail: expect.stringContaining('`ets train`') },
    ]);
    expect(drill.decisions().map(({ modelId }) => modelId)).toEqual([null]);
    expect((await drill.ets('train', '--no-fetch')).json).toMatchObject({ gate: { decision: 'promoted' } });
    expect(await run(2)).toMatchObject({ code: 0 });
    expect(drill.decisions().at(-1)?.modelId).toMatch(/^m2024/);
  });

  it('the current model, with one before it: predictions, trades and trainings say which serves and why', {
    timeout: DRILL_TIMEOUT_MS,
  }, async () => {
    const first = ((await drill.ets('models', 'list')).json as { models: { modelId: string }[] }).models[0]!.modelId;
    const second = ((await drill.ets('train', '--no-fetch', '--seed', '9')).json as { modelId: string }).modelId;
    expect(await drill.ets('models', 'promote', second)).toMatchObject({ code: 0 });
    flipByte(drill.path(`models/${second}/artifact.bin`));
    const why = `serving ${first} instead: model ${second}: the bytes of model ${second} are damaged`;
    expect(await drill.ets('predict')).toMatchObject({ code: 0, json: { modelId: first, warnings: [why] } });
    expect(await drill.ets('trade')).toMatchObject({ code: 0, json: { warnings: [why] } });
    expect(drill.decisions().map(({ modelId }) => modelId)).toEqual([first]);
    writeFileSync(drill.path(`models/${second}/manifest.json`), '{"version":2}');
    const newer = [expect.stringContaining(`model ${second} was written by a newer version`)];
    expect((await drill.ets('predict')).json).toMatchObject({ modelId: first, warnings: newer });
    expect((await drill.ets('train', '--no-fetch', '--seed', '8')).json).toMatchObject({ warnings: newer });
  });

  it('a table: says so, decides nothing, and is whole again from the backup', { timeout: DRILL_TIMEOUT_MS }, async () => {
    const backup = (await drill.ets('backup', 'create')).json as { backupId: string };
    flipByte(filesBelow(drill.path('raw/price_data'), '.parquet')[0]!);
    const running = drill.launch('run', '--days', '1');
    await expect
      .poll(() => drill.told.of('decision_failed')[0], { timeout: 60_000 })
      .toMatchObject({
        severity: 'critical',
        detail: expect.stringMatching(/^storage\.partition_damaged: Restore it from a backup/),
      });
    await drill.stop(running);
    expect(drill.decisions()).toEqual([]);
    expect((await drill.ets('data', 'verify')).json).toMatchObject({ ok: false });
    expect(await drill.ets('backup', 'restore', backup.backupId, '--force')).toMatchObject({ code: 0 });
    expect((await drill.ets('data', 'verify')).json).toMatchObject({ ok: true });
    expect(await run(1)).toMatchObject({ code: 0 });
  });

  it('the end of the journal: what was cut off is set aside, told, and trading goes on', {
    timeout: DRILL_TIMEOUT_MS,
  }, async () => {
    expect(await run(2)).toMatchObject({ code: 0 });
    appendFileSync(filesBelow(drill.path('trades/journal'), '.ndjson')[0]!, '{"seq":99,"rec');
    expect(await run(3)).toMatchObject({ code: 0 });
    expect(drill.told.of('journal_repaired')).toMatchObject([
      { severity: 'warning', title: expect.stringContaining('14 bytes'), detail: expect.stringContaining('.torn') },
    ]);
    expect(drill.told.of('halted')).toEqual([]);
    expect((await drill.ets('journal', 'verify')).code).toBe(0);
  });

  it('the journal itself: refuses to trade; from a backup, halts where the exchange knows more', {
    timeout: DRILL_TIMEOUT_MS,
  }, async () => {
    expect(await run(2)).toMatchObject({ code: 0 });
    const backup = (await drill.ets('backup', 'create')).json as { backupId: string };
    expect(await run(3)).toMatchObject({ code: 0 });
    const [segment] = filesBelow(drill.path('trades/journal'), '.ndjson');
    flipByte(segment!);
    expect(await run(4)).toMatchObject({ code: 1 });
    expect(drill.told.of('daemon_failed')).toMatchObject([
      { severity: 'critical', detail: expect.stringMatching(/^journal\.damaged: Trading stays halted[\s\S]*ets backup restore/) },
    ]);
    rmSync(segment!);
    expect(await drill.ets('backup', 'restore', backup.backupId, '--force')).toMatchObject({ code: 0 });
    expect(await run(4)).toMatchObject({ code: 0 });
    expect(drill.told.of('halted')[0]).toMatchObject({ severity: 'critical', detail: expect.stringContaining('ets resume') });
  });
});
