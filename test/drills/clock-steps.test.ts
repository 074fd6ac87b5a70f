import { existsSync, readFileSync } from 'node:fs';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/domain/index.ts';
import { DRILL_TIMEOUT_MS, Drill, preparedData, START_MS } from './drill.fixture.ts';

const DUE_MS = START_MS + 23 * HOUR_MS;
const STEP_BACK_MS = 30 * MINUTE_MS;
/** World seconds a second, once the daemon is ready. */
const SPEED = 300;
const LOOK_EVERY_MS = 20;

let base: Awaited<ReturnType<typeof preparedData>>;
beforeAll(async () => {
  base = await preparedData({ train: true });
  return () => base.close();
}, DRILL_TIMEOUT_MS);

let drill: Drill;
afterEach(() => drill.close());

const reached = (value: () => number, least: number) =>
  expect.poll(value, { timeout: DRILL_TIMEOUT_MS, interval: LOOK_EVERY_MS }).toBeGreaterThanOrEqual(least);

const runsOf = (job: string) =>
  !existsSync(drill.path('schedule.json'))
    ? []
    : (JSON.parse(readFileSync(drill.path('schedule.json'), 'utf8')) as { runs: { job: string; dueMs: number }[] }).runs
        .filter((run) => run.job === job)
        .map(({ dueMs }) => dueMs);

const ordersOfVenue = async () => {
  const reply = await fetch(`${drill.sandbox.urls.control}/ledger`);
  return ((await reply.json()) as { orders: { clientOrderId: string }[] }).orders.map(({ clientOrderId }) => clientOrderId);
};

it('decides once where the clock of a world that runs is set back to before the due time', {
  timeout: DRILL_TIMEOUT_MS,
}, async () => {
  drill = await Drill.open({ speed: 1, from: base.folder });
  const running = drill.launch('run');
  expect(await running.ready).not.toBeNull();
  drill.sandbox.clock.moveTo(DUE_MS - MINUTE_MS);
  drill.sandbox.clock.setSpeed(SPEED);
  await reached(() => runsOf('decision').length, 1);
  const setBackAtMs = drill.sandbox.clock.nowMs();
  await drill.setHost(DUE_MS - STEP_BACK_MS - setBackAtMs);
  // The host's clock shows the due time a second time.
  await reached(() => drill.sandbox.clock.nowMs(), setBackAtMs + 2 * STEP_BACK_MS);
  expect(await drill.stop(running)).toMatchObject({ code: 0 });
  expect(drill.decisions().map(({ decisionTimeMs }) => decisionTimeMs)).toEqual([DUE_MS]);
  expect(runsOf('decision')).toEqual([DUE_MS]);
  const ids = await ordersOfVenue();
  expect(new Set(ids).size).toBe(ids.length);
});

it('decides on each day, and on none too early, where the clock of a world that stands still is set back and on', {
  timeout: DRILL_TIMEOUT_MS,
}, async () => {
  drill = await Drill.open({ speed: 0, from: base.folder });
  const running = drill.launch('run', '--days', '4');
  for (const [decided, aheadMs] of [
    [1, -STEP_BACK_MS],
    [2, STEP_BACK_MS],
    [3, 0],
  ] as const) {
    await reached(() => drill.decisions().length, decided);
    await drill.setHost(aheadMs);
  }
  expect(await running.ended).toMatchObject({ code: 0 });
  const decisions = drill.decisions() as unknown as { decisionTimeMs: number; dataCutoffRecordedMs: number }[];
  expect(decisions.map(({ decisionTimeMs }) => decisionTimeMs)).toEqual([0, 1, 2, 3].map((day) => DUE_MS + day * DAY_MS));
  expect(decisions.filter(({ decisionTimeMs, dataCutoffRecordedMs }) => dataCutoffRecordedMs < decisionTimeMs)).toEqual([]);
  expect(runsOf('decision')).toEqual([0, 1, 2, 3].map((day) => DUE_MS + day * DAY_MS));
  const ids = await ordersOfVenue();
  expect(new Set(ids).size).toBe(ids.length);
});
