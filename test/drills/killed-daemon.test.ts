import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRng, DAY_MS } from '../../src/domain/index.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';

const START_MS = Date.UTC(2024, 0, 1);
const DAYS = 10;
const TIMEOUT_MS = 300_000;
/** A small model that trades often, so that there is an order path to kill. */
const SETTINGS = [
  'model.trainDays=80',
  'gate.windowDays=30',
  'model.trees=20',
  'strategy.confidenceThreshold=0.34',
  'exchange.unfilledTimeoutS=60',
  'server.port=0',
];

const folder = mkdtempSync(join(tmpdir(), 'ets-killed-daemon-'));
let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ seed: 5, startMs: START_MS, edge: 0.5, speed: 0, blockSpacingMs: 3_600_000 });
  writeFileSync(join(folder, 'ends.json'), JSON.stringify({ urls: sandbox.urls }));
});
afterAll(async () => {
  await sandbox.close();
  rmSync(folder, { recursive: true, force: true });
});

function launch(...args: string[]) {
  const common = ['--endpoints', join(folder, 'ends.json'), '--data-dir', join(folder, 'data'), '--json'];
  const set = SETTINGS.flatMap((setting) => ['--set', setting]);
  const child = spawn(process.execPath, [resolve('dist/cli/main.js'), ...args, ...common, ...set], { cwd: folder });
  let out = '';
  let err = '';
  child.stdout.on('data', (text: Buffer) => {
    out += text.toString();
  });
  child.stderr.on('data', (text: Buffer) => {
    err += text.toString();
  });
  const ended = new Promise<{ code: number | null; signal: string | null; out: string; err: string }>((done) => {
    child.on('close', (code, signal) => done({ code, signal, out, err }));
  });
  return { child, ended };
}

const control = async (path: string, body?: unknown) =>
  (
    await fetch(`${sandbox.urls.control}${path}`, body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) })
  ).json() as Promise<never>;
interface VenueLedger {
  readonly orders: { clientOrderId: string; executedQuantity: string }[];
  readonly balances: { ETH: { free: string; locked: string } };
}
const venueLedger = (): Promise<VenueLedger> => control('/ledger');

/** Resolves when `isTime` says so, asked at every event of the loop, or when the process ended by itself. */
async function when(isTime: () => boolean | Promise<boolean>, ended: Promise<unknown>): Promise<void> {
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  while (!isOver && !(await isTime())) await new Promise((next) => setImmediate(next));
}

describe('the daemon, killed again and again while orders meet faults', () => {
  it('makes one decision a day and neither loses nor repeats an order', { timeout: TIMEOUT_MS }, async () => {
    const filled = await launch('backfill', '--start', '2023-09-05', '--end', '2023-12-31').ended;
    expect(filled).toMatchObject({ code: 0 });
    expect(await launch('train', '--no-fetch').ended).toMatchObject({ code: 0 });
    await control('/faults', {
      faults: ['binance:accept-then-timeout@0.2', 'binance:partial-fill@0.4', 'binance:500@0.1'],
    });
    const rng = createRng(1);
    let kills = 0;
    for (let round = 0; round < 6; round++) {
      const { child, ended } = launch('run', '--days', String(DAYS));
      const ordersBefore = (await venueLedger()).orders.length;
      const fromMs = sandbox.clock.nowMs();
      const momentsAfter = Math.floor(rng() * 2_000);
      let moments = 0;
      await when(async () => {
        if (round % 2 === 0) return (await venueLedger()).orders.length > ordersBefore;
        return sandbox.clock.nowMs() > fromMs && ++moments > momentsAfter;
      }, ended);
      child.kill('SIGKILL');
      if ((await ended).signal === 'SIGKILL') kills++;
    }
    await control('/faults', { faults: [] });
    const last = await launch('run', '--days', String(DAYS)).ended;
    expect(last).toMatchObject({ code: 0 });
    expect(kills).toBeGreaterThanOrEqual(3);

    const shown = await launch('journal').ended;
    const journal = JSON.parse(shown.out) as {
      orders: { clientOrderId: string; state: string; filledQuantity: string }[];
      decisions: { decisionId: string; decisionTimeMs: number }[];
      position: { eth: string };
    };
    for (const { decisionId } of journal.decisions.slice(-3)) {
      const replayed = await launch('replay', '--decision', decisionId).ended;
      expect(JSON.parse(replayed.out)).toMatchObject({ identical: true, differences: [] });
    }
    const venue = await venueLedger();
    const ids = venue.orders.map(({ clientOrderId }) => clientOrderId);
    expect(ids.length).toBeGreaterThanOrEqual(3);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { clientOrderId, executedQuantity } of venue.orders) {
      const known = journal.orders.find((order) => order.clientOrderId === clientOrderId);
      expect(Number(known?.filledQuantity)).toBe(Number(executedQuantity));
    }
    const ended = ['FILLED', 'CANCELLED', 'REJECTED', 'EXPIRED', 'NOT_SENT', 'NOT_FOUND'];
    expect(journal.orders.filter(({ state }) => !ended.includes(state))).toEqual([]);
    const { free, locked } = venue.balances.ETH;
    expect(Number(journal.position.eth)).toBeCloseTo(Number(free) + Number(locked), 9);
    const days = journal.decisions.map(({ decisionTimeMs }) => Math.floor(decisionTimeMs / DAY_MS)).sort((a, b) => a - b);
    expect(days).toEqual(days.map((_, i) => days[0]! + i));
    expect(days).toHaveLength(DAYS);
  });

  it('runs once on a data directory', { timeout: TIMEOUT_MS }, async () => {
    const first = launch('run');
    await new Promise((ready) => first.child.stdout.once('data', ready));
    const second = await launch('run').ended;
    expect(second.code).toBe(2);
    expect(JSON.parse(second.out)).toMatchObject({ error: { code: 'run.already_running' } });
    first.child.kill('SIGTERM');
    expect(await first.ended).toMatchObject({ code: 0 });
  });
});
