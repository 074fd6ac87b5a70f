import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DRILL_TIMEOUT_MS, Drill, preparedData } from './drills/drill.fixture.ts';

let base: Awaited<ReturnType<typeof preparedData>>;
let drill: Drill;
beforeAll(async () => {
  base = await preparedData({ train: false });
}, DRILL_TIMEOUT_MS);
afterAll(() => base.close());
beforeEach(async () => {
  drill = await Drill.open({ speed: 0, from: base.folder });
});
afterEach(() => drill.close());

const REFUSED = { code: 2, json: { error: { code: 'run.already_running' } } };

describe('two who would trade on one data directory', () => {
  it('of several `ets trade` at once one trades, and the journal stays whole', { timeout: DRILL_TIMEOUT_MS }, async () => {
    const runs = await Promise.all([drill.ets('trade'), drill.ets('trade'), drill.ets('trade')]);
    const refused = runs.filter(({ code }) => code !== 0);
    expect(runs.length - refused.length).toBeGreaterThanOrEqual(1);
    expect(refused.length).toBeGreaterThanOrEqual(1);
    for (const run of refused) expect(run).toMatchObject(REFUSED);
    expect(await drill.ets('journal', 'verify')).toMatchObject({ code: 0, json: { verified: true } });
    expect(drill.decisions()).toHaveLength(1);
  });

  it('`ets trade` is refused while a daemon runs', { timeout: DRILL_TIMEOUT_MS }, async () => {
    const running = drill.launch('run');
    expect(await running.ready).not.toBeNull();
    expect(await drill.ets('trade')).toMatchObject(REFUSED);
    expect(await drill.stop(running)).toMatchObject({ code: 0 });
    expect(await drill.ets('journal', 'verify')).toMatchObject({ code: 0 });
  });
});
