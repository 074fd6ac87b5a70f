import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { createRng, DAY_MS, HOUR_MS, MINUTE_MS, systemTimer } from '../../src/domain/index.ts';
import { Drill, preparedData, type Running, START_MS } from '../drills/drill.fixture.ts';

/** A year is 365; fewer to try the test itself. */
const DAYS = Number(process.env.ETS_TEST_DAYS ?? 365);
const SEED = Number(process.env.ETS_TEST_SEED ?? 1);
const WEEKS = Math.floor((DAYS - 1) / 7);
const TIMEOUT_MS = 3 * HOUR_MS;
/** Kills and jumps of the clock end here: what is left shows whether memory stays flat in one process. */
const QUIET_FROM_DAY = Math.round(DAYS * 0.7);
const KEPT_BACKUPS = 3;
const KEPT_MODELS = 5;
/** Growth of resident memory that a year of decisions would not notice, in MB a decision. */
const MAX_SLOPE_MB = 0.25;
const MAX_DISK_MB = 400;

/** Every kind of fault at every source that can have it. */
const FAULTS = [
  ...['yahoo', 'whaleAlert', 'beacon', 'rpc', 'fearGreed', 'binance'].flatMap((source) =>
    ['latency=100', '429=1', '500', 'cut', 'malformed', 'hang'].map((kind) => `${source}:${kind}`),
  ),
  ...['accept-then-timeout', 'reject', 'partial-fill', 'duplicate-events'].map((kind) => `binance:${kind}`),
];
const rng = createRng(SEED, 0x4ea);
const pick = <T>(from: readonly T[]): T => from[Math.floor(rng() * from.length)]!;
const between = (low: number, high: number) => low + rng() * (high - low);

const open: { close(): Promise<void> }[] = [];
afterAll(async () => {
  for (const one of open) await one.close();
});

/** Least-squares slope of y over 0, 1, 2, ... */
function slope(y: readonly number[]): number {
  const meanX = (y.length - 1) / 2;
  const meanY = y.reduce((sum, one) => sum + one, 0) / y.length;
  const [top, bottom] = y.reduce(([a, b], one, x) => [a + (x - meanX) * (one - meanY), b + (x - meanX) ** 2], [0, 0]);
  return top! / bottom!;
}

function countOf(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

const residentMb = (pid: number | undefined): number | undefined => {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
  } catch {
    return undefined;
  }
};

const sizeMb = (folder: string): number =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + (statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0), 0) / 1e6;

interface VenueLedger {
  readonly orders: { clientOrderId: string; executedQuantity: string }[];
  readonly balances: { ETH: { free: string; locked: string } };
}

it(`${DAYS} days of faults, kills and jumps of the clock`, { timeout: TIMEOUT_MS }, async () => {
  const base = await preparedData({ train: true });
  open.push(base);
  const drill = await Drill.open({ speed: 0, from: base.folder });
  open.push(drill);
  drill.settings = ['extraction.requestTimeoutS=0.5', 'model.trees=10', 'exchange.unfilledTimeoutS=60'];
  const startedMs = systemTimer.elapsedMs();
  const counts = { kills: 0, jumps: 0, failedStarts: 0, faultChanges: 0 };
  const used = new Set<string>();
  let running: Running = drill.launch('run', '--days', `${DAYS}`);
  let ended = false;
  let killOnDay = between(5, 15);
  let changeOnDay = 0;
  let upkeepOnDay = 7;
  let lastDay = -1;
  let resident: number[] = [];
  const disk: number[] = [];
  const watch = (one: Running) => {
    ended = false;
    void one.ended.then(() => {
      if (one === running) ended = true;
    });
  };
  watch(running);
  for (;;) {
    await systemTimer.sleep(50);
    const day = (drill.sandbox.clock.nowMs() - START_MS) / DAY_MS;
    const decided = drill.decisions().length;
    if (ended) {
      const { code } = await running.ended;
      if (code === 0) break;
      // A supervisor starts it again; where the exchange is away, faults end some time.
      counts.failedStarts += code === null ? 0 : 1;
      if (code !== null && counts.failedStarts % 3 === 0) await drill.faults();
      expect(counts.failedStarts, (await running.ended).out).toBeLessThan(DAYS);
      running = drill.launch('run', '--days', `${DAYS}`);
      resident = [];
      watch(running);
      continue;
    }
    if (day >= changeOnDay) {
      const faults = Array.from({ length: Math.floor(rng() * 4) }, () => `${pick(FAULTS)}@${between(0.1, 0.6).toFixed(2)}`);
      for (const one of faults) used.add(one.split('@')[0]!);
      await drill.faults(...faults);
      drill.told.isDown = rng() < 0.2;
      changeOnDay = day + between(0.5, 3);
      counts.faultChanges += 1;
    }
    if (day >= killOnDay && day < QUIET_FROM_DAY) {
      running.child.kill('SIGKILL');
      counts.kills += 1;
      killOnDay = day + between(2, 12);
      if (rng() < 0.5) {
        drill.sandbox.clock.moveTo(drill.sandbox.clock.nowMs() + between(MINUTE_MS, 2 * HOUR_MS));
        counts.jumps += 1;
      }
    }
    if (day >= upkeepOnDay) {
      upkeepOnDay += 7;
      for (const line of [
        ['backup', 'create'],
        ['backup', 'prune', '--keep', `${KEPT_BACKUPS}`],
        ['models', 'prune', '--keep', `${KEPT_MODELS}`],
      ]) {
        const { code, out } = await drill.launch(...line).ended;
        expect({ line, code, out: code === 0 ? '' : out }).toEqual({ line, code: 0, out: '' });
      }
      disk.push(Math.round(sizeMb(drill.dataDir)));
    }
    if (decided !== lastDay) {
      lastDay = decided;
      const mb = residentMb(running.child.pid);
      if (mb !== undefined) resident.push(Math.round(mb));
      if (decided % 10 === 0) console.log(`decided ${decided}, ${JSON.stringify(counts)}, ${mb?.toFixed(0)} MB resident`);
    }
  }
  // What still waits is told at the next start.
  await drill.faults();
  drill.told.isDown = false;
  expect(await drill.launch('run', '--days', `${DAYS + 1}`).ended).toMatchObject({ code: 0 });

  const journal = (await drill.ets('journal')).json as {
    orders: { clientOrderId: string; state: string; filledQuantity: string }[];
    decisions: { decisionTimeMs: number }[];
    position: { eth: string };
  };
  const venue = (await (await fetch(`${drill.sandbox.urls.control}/ledger`)).json()) as VenueLedger;
  const { runs } = JSON.parse(readFileSync(drill.path('schedule.json'), 'utf8')) as {
    runs: { job: string; outcome: string; dueMs: number; message: string | null }[];
  };
  const trainings = runs.filter(({ job }) => job === 'training');
  const names = countOf(drill.told.alerts.map(({ name }) => name));
  const steady = resident.slice(Math.min(10, resident.length >> 1));
  const figures = {
    minutes: Math.round((systemTimer.elapsedMs() - startedMs) / MINUTE_MS),
    decisions: journal.decisions.length,
    trainings: countOf(trainings.map(({ outcome }) => outcome)),
    orders: journal.orders.length,
    venueOrders: venue.orders.length,
    ...counts,
    faultsUsed: `${used.size} of ${FAULTS.length}`,
    alerts: names,
    residentMb: { from: steady[0], to: steady.at(-1), samples: steady.length, slope: Number(slope(steady).toFixed(3)) },
    diskMb: disk,
  };
  console.log(JSON.stringify(figures, null, 2));

  const days = journal.decisions
    .map(({ decisionTimeMs }) => Math.floor((decisionTimeMs - START_MS) / DAY_MS))
    .sort((a, b) => a - b);
  expect(days).toEqual(Array.from({ length: DAYS + 1 }, (_, day) => day));
  expect(trainings.map(({ outcome, message }) => message ?? outcome)).toEqual(Array.from({ length: WEEKS }, () => 'done'));

  const ids = venue.orders.map(({ clientOrderId }) => clientOrderId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { clientOrderId, executedQuantity } of venue.orders) {
    const known = journal.orders.find((order) => order.clientOrderId === clientOrderId);
    expect(Number(known?.filledQuantity), clientOrderId).toBe(Number(executedQuantity));
  }
  const over = ['FILLED', 'CANCELLED', 'REJECTED', 'EXPIRED', 'NOT_SENT', 'NOT_FOUND'];
  expect(journal.orders.filter(({ state }) => !over.includes(state))).toEqual([]);
  const { free, locked } = venue.balances.ETH;
  expect(Number(journal.position.eth)).toBeCloseTo(Number(free) + Number(locked), 9);

  const told = drill.told.alerts.map(({ title }) => title).join('\n');
  const bad = journal.orders.filter(({ state }) => ['REJECTED', 'NOT_SENT', 'NOT_FOUND'].includes(state));
  expect(bad.filter(({ clientOrderId, state }) => !told.includes(`order ${clientOrderId}: ${state}`))).toEqual([]);
  for (let day = 0; day < DAYS; day++) {
    const date = new Date(START_MS + day * DAY_MS).toISOString().slice(0, 10);
    expect(told, `the summary of ${date}`).toContain(`${date}T23:00:00.000Z: `);
  }
  expect(drill.told.of('halted')).toEqual([]);
  expect(figures.residentMb.slope).toBeLessThan(MAX_SLOPE_MB);
  expect(Math.max(...disk)).toBeLessThan(MAX_DISK_MB);
});
