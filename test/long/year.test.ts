import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { createRng, DAY_MS, HOUR_MS, MINUTE_MS, systemTimer } from '../../src/domain/index.ts';
import { Drill, preparedData, type Running, START_MS } from '../drills/drill.fixture.ts';
import { Deck } from './deck.fixture.ts';
import { countOf, heldMemory, heldMemoryEnv, sizeMb, slope } from './figures.fixture.ts';
import { HOST_JUMPS, HOST_ZONES, HostJumps } from './host-jumps.fixture.ts';
import { ToldRecord } from './told-record.fixture.ts';

const YEAR_DAYS = 365;
/** Fewer to try the test itself. */
const DAYS = Number(process.env.ETS_TEST_DAYS ?? YEAR_DAYS);
const SEED = Number(process.env.ETS_TEST_SEED ?? 1);
const WEEKS = Math.floor((DAYS - 1) / 7);
const TIMEOUT_MS = 3 * HOUR_MS;
/** Kills end here: what is left shows whether memory stays flat in one process. */
const QUIET_FROM_DAY = Math.round(DAYS * 0.5);
/** Decisions of a process before its memory counts: caches fill, and native memory comes to its size. */
const WARM_UP_DECISIONS = 40;
/** Faults change after so much process time too: where every call hangs, a world that stands still hardly moves on. */
const FAULTS_LAST_MS = MINUTE_MS;
const KEPT_BACKUPS = 3;
const KEPT_MODELS = 5;
/**
 * Growth of resident memory that a year of decisions would not notice, in MB a decision. It is measured when garbage has
 * been collected: between collections it swings by more than a hundred.
 */
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
const between = (low: number, high: number) => low + rng() * (high - low);

/** A source of data may be away altogether; where the exchange were, nobody could trade. */
const rateOf = (fault: string) => between(0.1, fault.startsWith('binance:') ? 0.6 : 1);

const open: { close(): Promise<void> }[] = [];
afterAll(async () => {
  for (const one of open) await one.close();
});

interface VenueLedger {
  readonly orders: { clientOrderId: string; executedQuantity: string }[];
  readonly balances: { ETH: { free: string; locked: string } };
}

it(`${DAYS} days of faults, kills, hosts of all zones and jumps of their clocks`, { timeout: TIMEOUT_MS }, async () => {
  const base = await preparedData({ train: true });
  open.push(base);
  const drill = await Drill.open({ speed: 0, from: base.folder });
  open.push(drill);
  drill.settings = ['extraction.requestTimeoutS=0.5', 'model.trees=10', 'exchange.unfilledTimeoutS=60'];
  const startedMs = systemTimer.elapsedMs();
  const counts = { kills: 0, jumpsAtKills: 0, failedStarts: 0, faultChanges: 0 };
  const used = new Set<string>();
  const zonesUsed: string[] = [];
  const [faultDeck, zoneDeck] = [new Deck(FAULTS, rng), new Deck(HOST_ZONES, rng)];
  const host = new HostJumps(drill, rng);
  const record = new ToldRecord(drill);
  const heldFile = join(drill.folder, 'held-memory.ndjson');
  const start = (): Running => {
    const zone = zoneDeck.deal();
    zonesUsed.push(zone);
    drill.env = { ...heldMemoryEnv(heldFile), TZ: zone };
    return drill.launch('run', '--days', `${DAYS}`);
  };
  const disk: number[] = [];
  const lookAfter = async () => {
    for (const line of [
      ['backup', 'create'],
      ['backup', 'prune', '--keep', `${KEPT_BACKUPS}`],
      ['models', 'prune', '--keep', `${KEPT_MODELS}`],
    ]) {
      const { code, out } = await drill.launch(...line).ended;
      expect({ line, code, out: code === 0 ? '' : out }).toEqual({ line, code: 0, out: '' });
    }
    disk.push(Math.round(sizeMb(drill.dataDir)));
  };
  let upkeep = Promise.resolve();
  let running = start();
  let ended = false;
  // The first days are without faults: they show how far each source can be read.
  let changeOnDay = 2;
  let changedAtMs = startedMs;
  let killOnDay = between(3, 9);
  let jumpOnDay = between(0.2, 2);
  let upkeepOnDay = 7;
  let lastCount = -1;
  let isReady = false;
  const watch = (one: Running) => {
    ended = false;
    isReady = false;
    void one.ready.then(() => {
      if (one === running) isReady = true;
    });
    void one.ended.then(() => {
      if (one === running) ended = true;
    });
  };
  watch(running);
  for (;;) {
    await systemTimer.sleep(50);
    const day = (drill.sandbox.clock.nowMs() - START_MS) / DAY_MS;
    record.look();
    const decided = record.decisions.length;
    if (ended) {
      const { code } = await running.ended;
      if (code === 0) break;
      // A supervisor starts it again; where the exchange is away, faults end some time.
      counts.failedStarts += code === null ? 0 : 1;
      if (code !== null && counts.failedStarts % 3 === 0) await drill.faults();
      expect(counts.failedStarts, (await running.ended).out).toBeLessThan(DAYS);
      running = start();
      watch(running);
      continue;
    }
    if (day >= changeOnDay || systemTimer.elapsedMs() - changedAtMs > FAULTS_LAST_MS) {
      const faults = Array.from({ length: Math.floor(rng() * 4) }, () => faultDeck.deal());
      for (const one of faults) used.add(one);
      await drill.faults(...faults.map((one) => `${one}@${rateOf(one).toFixed(2)}`));
      drill.told.isDown = rng() < 0.2;
      changeOnDay = day + between(0.5, 3);
      changedAtMs = systemTimer.elapsedMs();
      counts.faultChanges += 1;
    }
    if (day >= jumpOnDay) {
      await host.jump();
      jumpOnDay = day + between(0.2, 2);
    }
    if (day >= killOnDay && day < QUIET_FROM_DAY) {
      running.child.kill('SIGKILL');
      counts.kills += 1;
      killOnDay = day + between(2, 10);
      if (rng() < 0.5) {
        drill.sandbox.clock.moveTo(drill.sandbox.clock.nowMs() + between(MINUTE_MS, 2 * HOUR_MS));
        counts.jumpsAtKills += 1;
      }
    }
    if (day >= upkeepOnDay) {
      upkeepOnDay += 7;
      await upkeep;
      upkeep = lookAfter();
      upkeep.catch(() => undefined);
    }
    if (decided !== lastCount) {
      lastCount = decided;
      if (isReady) running.child.kill('SIGUSR2');
      const minutes = Math.round((systemTimer.elapsedMs() - startedMs) / MINUTE_MS);
      if (decided % 10 === 0) {
        console.log(`${minutes} min: decided ${decided}, ${JSON.stringify({ ...counts, ...host.counts })}`);
        console.log(`not told yet: ${JSON.stringify(record.untold(drill.told.alerts))}`);
      }
    }
  }
  // What still waits is told at the next start.
  await drill.faults();
  drill.told.isDown = false;
  expect(await drill.launch('run', '--days', `${DAYS + 1}`).ended).toMatchObject({ code: 0 });
  await upkeep;

  const journal = (await drill.ets('journal')).json as {
    orders: { clientOrderId: string; state: string; filledQuantity: string }[];
    decisions: { decisionId: string; decisionTimeMs: number }[];
    position: { eth: string };
  };
  const venue = (await (await fetch(`${drill.sandbox.urls.control}/ledger`)).json()) as VenueLedger;
  const ids = venue.orders.map(({ clientOrderId }) => clientOrderId);
  const known = new Map(journal.orders.map((order) => [order.clientOrderId, order]));
  const different = venue.orders.filter(
    ({ clientOrderId, executedQuantity }) => Number(known.get(clientOrderId)?.filledQuantity) !== Number(executedQuantity),
  );
  const trainings = record.runs.filter(({ job }) => job === 'training');
  const { alerts } = drill.told;
  const delivered = new Set(alerts.map(({ key, atMs }) => `${key} ${atMs}`));
  const memory = heldMemory(heldFile, running.child.pid);
  const steady = memory.slice(Math.min(WARM_UP_DECISIONS, memory.length >> 1)).map(({ resident }) => resident);
  const untold = record.untold(alerts);
  const figures = {
    minutes: Math.round((systemTimer.elapsedMs() - startedMs) / MINUTE_MS),
    decisions: journal.decisions.length,
    trainings: countOf(trainings.map(({ outcome }) => outcome)),
    decisionRuns: countOf(record.runs.filter(({ job }) => job === 'decision').map(({ outcome }) => outcome)),
    orders: countOf(journal.orders.map(({ state }) => state)),
    ordersOfVenue: venue.orders.length,
    doubled: ids.length - new Set(ids).size,
    lost: different.length,
    ...counts,
    jumps: host.counts,
    zones: countOf(zonesUsed),
    faultsUsed: `${used.size} of ${FAULTS.length}`,
    faultsNotUsed: FAULTS.filter((fault) => !used.has(fault)),
    alerts: countOf(alerts.map(({ name }) => name)),
    alertsAnnounced: record.announcements,
    alertsDeliveredTwice: alerts.length - delivered.size,
    failingSourceDays: record.failingSourceDays,
    untold,
    memoryMb: {
      slope: Number(slope(steady).toFixed(3)),
      samples: steady.length,
      ...Object.fromEntries(
        (['before', 'resident', 'heap', 'external'] as const).map((name) => [name, memory.map((one) => one[name]).join(' ')]),
      ),
    },
    diskMb: disk,
  };
  console.log(JSON.stringify(figures, null, 2));

  const days = journal.decisions
    .map(({ decisionTimeMs }) => (decisionTimeMs - START_MS - 23 * HOUR_MS) / DAY_MS)
    .sort((a, b) => a - b);
  expect(days).toEqual(Array.from({ length: DAYS + 1 }, (_, day) => day));
  expect(new Set(journal.decisions.map(({ decisionId }) => decisionId)).size).toBe(DAYS + 1);
  expect(record.decisions.filter(({ decisionTimeMs, dataCutoffRecordedMs }) => dataCutoffRecordedMs < decisionTimeMs)).toEqual(
    [],
  );
  expect(trainings.map(({ outcome, message }) => message ?? outcome)).toEqual(Array.from({ length: WEEKS }, () => 'done'));

  expect(figures.doubled).toBe(0);
  expect(different).toEqual([]);
  const over = ['FILLED', 'CANCELLED', 'REJECTED', 'EXPIRED', 'NOT_SENT', 'NOT_FOUND'];
  expect(journal.orders.filter(({ state }) => !over.includes(state))).toEqual([]);
  const { free, locked } = venue.balances.ETH;
  expect(Number(journal.position.eth)).toBeCloseTo(Number(free) + Number(locked), 9);

  const told = alerts.map(({ title }) => title).join('\n');
  const bad = journal.orders.filter(({ state }) => ['REJECTED', 'NOT_SENT', 'NOT_FOUND'].includes(state));
  expect(bad.filter(({ clientOrderId, state }) => !told.includes(`order ${clientOrderId}: ${state}`))).toEqual([]);
  for (let day = 0; day < DAYS; day++) {
    const date = new Date(START_MS + day * DAY_MS).toISOString().slice(0, 10);
    expect(told, `the summary of ${date}`).toContain(`${date}T23:00:00.000Z: `);
  }
  expect(untold).toEqual([]);
  expect(drill.told.of('halted')).toEqual([]);
  expect(figures.memoryMb.slope).toBeLessThan(MAX_SLOPE_MB);
  expect(Math.max(...disk)).toBeLessThan(MAX_DISK_MB);

  if (DAYS < YEAR_DAYS) return;
  expect(figures.faultsNotUsed).toEqual([]);
  expect(Object.keys(figures.zones).sort()).toEqual([...HOST_ZONES].sort());
  expect(HOST_JUMPS.filter((kind) => host.counts[kind] === 0)).toEqual([]);
});
