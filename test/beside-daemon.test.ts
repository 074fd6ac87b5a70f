import { existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, systemClock, toIso } from '../src/domain/index.ts';
import { DRILL_TIMEOUT_MS, Drill, preparedData, START_MS } from './drills/drill.fixture.ts';

let base: Awaited<ReturnType<typeof preparedData>>;
let drill: Drill;
beforeAll(async () => {
  base = await preparedData({ train: true });
}, DRILL_TIMEOUT_MS);
afterAll(() => base.close());
beforeEach(async () => {
  drill = await Drill.open({ speed: 1, from: base.folder });
});
afterEach(() => drill.close());

const done = (command: string, ended: { code: number | null; out: string }) => {
  expect(ended.code, `${command}: ${ended.out.slice(0, 400)}`).toBe(0);
};
/** Brings the day's decision, and waits for it. */
async function decisionOf(day: number): Promise<string | null | undefined> {
  drill.sandbox.clock.moveTo(START_MS + day * DAY_MS + 23 * HOUR_MS);
  await expect.poll(() => drill.decisions().length, { timeout: 60_000 }).toBe(day + 1);
  return drill.decisions().at(-1)?.modelId;
}

describe('commands beside a running daemon', () => {
  it('load data, train and change the model, and the daemon decides with what is current', {
    timeout: DRILL_TIMEOUT_MS,
  }, async () => {
    const [left, recent] = ['e', 'f'].map((digit) =>
      drill.path(`.outbox.json.${digit.repeat(8)}-0000-4000-8000-000000000000.tmp`),
    );
    for (const path of [left!, recent!]) writeFileSync(path, 'half');
    const longAgo = new Date(systemClock.nowMs() - 2 * DAY_MS);
    utimesSync(left!, longAgo, longAgo);
    const running = drill.launch('run');
    expect(await running.ready).not.toBeNull();
    expect([existsSync(left!), existsSync(recent!)]).toEqual([false, true]);
    const [before] = ((await drill.ets('models', 'list')).json as { models: { modelId: string }[] }).models;

    mkdirSync(drill.path('external'), { recursive: true });
    const days = Array.from({ length: 5 }, (_, i) => `${toIso(START_MS - (9 - i) * DAY_MS).slice(0, 10)},1,2,0.5,1.5,10`);
    writeFileSync(join(drill.path('external'), 'candles.csv'), `date,open,high,low,close,volume\n${days.join('\n')}\n`);
    for (const command of [
      ['process-new-data'],
      ['extract', '--date', '2023-12-31'],
      ['backfill', '--start', '2023-12-29', '--end', '2023-12-31'],
    ])
      done(command.join(' '), await drill.ets(...command));
    const trained = await drill.ets('train', '--no-fetch', '--seed', '7');
    done('train', trained);
    const { modelId } = trained.json as { modelId: string };
    expect(modelId).not.toBe(before!.modelId);

    done('models promote', await drill.ets('models', 'promote', modelId));
    expect(await decisionOf(0)).toBe(modelId);
    done('models rollback', await drill.ets('models', 'rollback'));
    expect(await decisionOf(1)).toBe(before!.modelId);

    expect(await drill.stop(running)).toMatchObject({ code: 0 });
    expect((await drill.ets('data', 'verify')).json).toMatchObject({ ok: true });
    expect((await drill.ets('journal', 'verify')).code).toBe(0);
    expect(drill.told.of('halted')).toEqual([]);
    expect(drill.told.of('model_damaged')).toEqual([]);
  });
});
