import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../config/index.ts';
import { DAY_MS, HOUR_MS, ManualClock, systemTimer } from '../domain/index.ts';
import { ModelRegistry } from '../model/index.ts';
import { acquireCommitLock, DataManager } from '../storage/index.ts';
import { FileJournal } from '../trading/index.ts';
import type { AppParts } from './app-parts.ts';
import { createBackup } from './backups.ts';
import { checkStatus } from './check-status.ts';
import { haltTrading } from './halting.ts';

const NOW = Date.UTC(2024, 0, 10, 12);
let dataDir: string;
let store: DataManager;
let clock: ManualClock;
beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'ets-status-'));
  clock = new ManualClock(NOW);
  store = await DataManager.open(dataDir, { clock, timer: systemTimer, world: { kind: 'real' } });
});
afterEach(async () => {
  await store.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const parts = (env: Record<string, string> = {}, overrides: string[] = []) =>
  ({
    dataDir,
    store,
    clock,
    timer: systemTimer,
    env,
    config: loadConfig({ env: {}, overrides }),
    world: { kind: 'real' },
    isSimulated: false,
  }) as unknown as AppParts;
async function look(given = parts()) {
  const { status, checks } = await checkStatus(given, new ModelRegistry(join(dataDir, 'models'), clock));
  return { status, checks, of: (name: string) => checks.find((check) => check.name === name)! };
}
const schedule = (runs: unknown[]) =>
  writeFileSync(join(dataDir, 'schedule.json'), JSON.stringify({ sinceMs: 0, lastDueMs: {}, runs }));

describe('checkStatus', () => {
  it('looks at every part of a data directory on which nothing has run, and says what to do', async () => {
    const { status, checks } = await look();
    expect(status).toBe('degraded');
    expect(checks.map(({ name, status: one }) => `${name} ${one}`)).toEqual([
      'storage ok',
      'prices degraded',
      'quarantine ok',
      'model degraded',
      'decisions ok',
      'orders ok',
      'protection ok',
      'reconciliation ok',
      'halt ok',
      'daemon ok',
      'jobs ok',
      'backup ok',
      'notifications ok',
      'certificate ok',
      'secrets ok',
      'disk ok',
      'clock ok',
    ]);
    for (const check of checks) expect(check.remedy === null, check.name).toBe(check.status === 'ok');
    expect(checks[1]?.remedy).toContain('ets backfill');
  });

  it('tells a daemon that runs from one that ended', async () => {
    schedule([]);
    expect((await look()).of('daemon')).toMatchObject({ status: 'degraded', remedy: expect.stringContaining('ets run') });
    const release = await acquireCommitLock(join(dataDir, '.run-lock'), { timer: systemTimer });
    expect((await look()).of('daemon')).toMatchObject({ status: 'ok', detail: expect.stringContaining(`${process.pid}`) });
    await release();
  });

  it('tells what the newest run of each job came to', async () => {
    const run = (job: string, outcome: string, message: string | null, dueMs: number) => ({
      job,
      dueMs,
      endedMs: dueMs,
      durationMs: 5,
      outcome,
      message,
    });
    schedule([
      run('training', 'failed', 'no prices', NOW - DAY_MS),
      run('decision', 'failed', 'x', 0),
      run('decision', 'done', null, NOW),
    ]);
    expect((await look()).of('jobs')).toMatchObject({
      status: 'degraded',
      detail: 'training of 2024-01-09T12:00:00.000Z failed: no prices',
    });
    writeFileSync(join(dataDir, 'schedule.json'), 'no json');
    expect((await look()).of('jobs')).toMatchObject({ status: 'down', remedy: expect.stringContaining('Remove the file') });
  });

  it('tells what the exchange had that the journal had not, for as long as nobody looked', async () => {
    const journal = await FileJournal.open(join(dataDir, 'trades', 'journal'));
    const difference = { kind: 'own_order_unknown', subject: 'ets1', journal: 'none', venue: 'ACCEPTED' };
    const record = async (explained: boolean, action: string) => {
      await journal.append([
        { type: 'reconciliation', atMs: clock.nowMs(), differences: [{ ...difference, explained, action }] },
      ]);
      return (await look()).of('reconciliation');
    };
    expect(await record(true, 'adopted')).toMatchObject({
      status: 'ok',
      detail: '0.0 h ago the exchange differed from the journal: own_order_unknown ets1: adopted',
    });
    expect(await record(false, 'halted')).toMatchObject({ status: 'degraded', detail: expect.stringContaining('ets1: halted') });
    clock.moveTo(NOW + 3 * HOUR_MS);
    expect((await look()).of('reconciliation')).toMatchObject({ status: 'ok', detail: expect.stringContaining('3.0 h ago') });
    await journal.close();
  });

  it('knows a halt, an old backup, and messages that wait', async () => {
    const given = parts({ ETS_WEBHOOK_URL: 'http://127.0.0.1:9/' });
    await haltTrading(given, 'me', 'a drill');
    await createBackup(given);
    const alert = { name: 'x', key: 'x', severity: 'info', title: 'x', detail: '', atMs: 0, simulated: false };
    const waiting = Array.from({ length: 21 }, () => ({ alert, channel: 'webhook', attempts: 0, notBeforeMs: 0 }));
    writeFileSync(join(dataDir, 'outbox.json'), JSON.stringify({ waiting, announcedMs: {} }));
    clock.moveTo(NOW + 51 * HOUR_MS);
    const { of } = await look(given);
    expect(of('halt')).toMatchObject({ status: 'degraded', detail: 'halted by me: a drill' });
    expect(of('backup')).toMatchObject({ status: 'degraded', detail: expect.stringContaining('51 h ago') });
    expect(of('notifications')).toMatchObject({ status: 'degraded', detail: 'webhook; 21 messages wait' });
  });

  it('is down where a part cannot be read, and goes on with the others', async () => {
    const { status, of } = await look(parts({}, ['server.tlsCertFile=none.pem', 'server.tlsKeyFile=none.pem']));
    expect(status).toBe('down');
    expect(of('certificate')).toMatchObject({ status: 'down', remedy: expect.stringContaining('server.tlsCertFile') });
    expect(of('clock').status).toBe('ok');
  });
});
