import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AppParts } from '../src/app/app-parts.ts';
import { createBackup } from '../src/app/backups.ts';
import { checkStatus } from '../src/app/check-status.ts';
import { AuditLog } from '../src/app/daemon/audit-log.ts';
import { Daemon } from '../src/app/daemon/daemon.ts';
import { DaemonAlerts } from '../src/app/daemon/daemon-alerts.ts';
import { DataFetch } from '../src/app/daemon/data-fetch.ts';
import { JobHistory, type JobRun } from '../src/app/daemon/job-history.ts';
import { JobRecorder } from '../src/app/daemon/job-recorder.ts';
import { openTelegram } from '../src/app/daemon/open-telegram.ts';
import { serve } from '../src/app/daemon/serve.ts';
import { TrainingRuns } from '../src/app/daemon/training-runs.ts';
import { upkeepJobs } from '../src/app/daemon/upkeep-jobs.ts';
import { UpkeepRuns } from '../src/app/daemon/upkeep-runs.ts';
import { DataSourcesFile } from '../src/app/data-sources-file.ts';
import { loadConfig } from '../src/config/index.ts';
import { DAY_MS, HOUR_MS, ManualClock, systemTimer } from '../src/domain/index.ts';
import { RequestBudgets } from '../src/extraction/index.ts';
import { ModelRegistry } from '../src/model/index.ts';
import { createLogger, Metrics, type NotificationSystem } from '../src/monitoring/index.ts';
import { makeCertificate } from '../src/server/certificate.fixture.ts';
import { EventLog } from '../src/server/index.ts';
import { DataManager } from '../src/storage/index.ts';
import { FileJournal } from '../src/trading/index.ts';

/** What `statfs` says is free; the machine's own answer where this is undefined. */
let freeBytes: number | undefined;
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  const statfs = async (path: string) => {
    const found = await real.statfs(path);
    return freeBytes === undefined ? found : { ...found, bavail: freeBytes / 4_096, bsize: 4_096 };
  };
  return { ...real, statfs, default: { ...real, statfs } };
});

const NOW = Date.UTC(2024, 0, 10, 12);
let dataDir: string;
let clock: ManualClock;
let store: DataManager;
let events: EventLog;
let metrics: Metrics;
let closing: (() => Promise<unknown> | unknown)[];
beforeEach(async () => {
  freeBytes = undefined;
  dataDir = mkdtempSync(join(tmpdir(), 'ets-causes-'));
  clock = new ManualClock(NOW);
  store = await DataManager.open(dataDir, { clock, timer: systemTimer, world: { kind: 'real' } });
  events = new EventLog();
  metrics = new Metrics();
  closing = [];
});
afterEach(async () => {
  for (const close of closing.reverse()) await close();
  await store.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const parts = (overrides: readonly string[] = [], env: Record<string, string> = {}): AppParts => ({
  dataDir,
  config: loadConfig({ env: {}, overrides }),
  env,
  clock,
  timer: systemTimer,
  budgets: new RequestBudgets(systemTimer),
  world: { kind: 'real' },
  isSimulated: false,
  endpoints: undefined,
  urls: {},
  dataSources: DataSourcesFile.none(),
  store,
  onProgress: () => undefined,
  signal: undefined,
});
const log = createLogger({ level: 'error', redact: (text) => text, write: () => undefined });
const auditOf = (given: AppParts) => new AuditLog(given, alertsOf(given));

function alertsOf(given: AppParts): DaemonAlerts {
  const nothing = async () => undefined;
  const notifications = { raise: async () => true, over: nothing, deliver: nothing, close: nothing, queueDepth: 0 };
  const alerts = new DaemonAlerts({
    parts: given,
    log,
    metrics,
    events,
    notifications: notifications as unknown as NotificationSystem,
  });
  closing.push(() => alerts.close());
  return alerts;
}
/** Names and severities that reached the event stream. */
const raised = () =>
  events.latest
    .filter(({ type }) => type === 'alert')
    .map(({ data }) => {
      const { name, severity } = data as { name: string; severity: string };
      return `${name} ${severity}`;
    });
const registry = () => new ModelRegistry(join(dataDir, 'models'), clock);

/** A server on loopback that answers as told. */
async function loopback(answer: (path: string) => { status: number; body: string }): Promise<{ url: string; paths: string[] }> {
  const paths: string[] = [];
  const server: Server = createServer((request, reply) => {
    paths.push(request.url ?? '');
    const { status, body } = answer(request.url ?? '');
    reply.writeHead(status, { 'content-type': 'application/json' }).end(body);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, paths };
}

const candles = (endMs: number) => ({
  dataset: 'price_data',
  series: 'binance:ETHUSDT:1h',
  periodMs: HOUR_MS,
  source: 'test',
  timeMs: Float64Array.of(endMs - HOUR_MS),
  endMs: Float64Array.of(endMs),
  availableTimeMs: Float64Array.of(endMs),
  numbers: { open: Float64Array.of(1), high: Float64Array.of(1), low: Float64Array.of(1), close: Float64Array.of(1) },
});

async function recorderOf(given: AppParts, alerts: DaemonAlerts) {
  const history = await JobHistory.open(join(dataDir, 'schedule.json'), NOW - 30 * DAY_MS);
  return new JobRecorder({ parts: given, history, metrics, alerts, tracing: undefined });
}

describe('what check-status finds is told', () => {
  const causes: [string, () => Promise<AppParts> | AppParts][] = [
    ['model_stale warning', () => parts()],
    [
      'data_stale warning',
      async () => {
        await store.append([candles(NOW - 27 * HOUR_MS)]);
        return parts();
      },
    ],
    [
      'disk_low critical',
      () => {
        freeBytes = 1e9;
        return parts();
      },
    ],
    [
      'storage_damaged critical',
      async () => {
        await store.append([candles(NOW)]);
        const folder = join(dataDir, 'raw/price_data/binance_ETHUSDT_1h');
        writeFileSync(join(folder, readdirSync(folder)[0]!), 'damaged');
        return parts();
      },
    ],
    [
      'backup_old warning',
      async () => {
        await createBackup(parts());
        clock.moveTo(NOW + 51 * HOUR_MS);
        return parts();
      },
    ],
    [
      'order_open critical',
      async () => {
        const journal = await FileJournal.open(join(dataDir, 'trades/journal'));
        const intent = {
          clientOrderId: 'ets1',
          decisionId: 'd',
          leg: 'entry',
          attempt: 1,
          symbol: 'ETHUSDT',
          side: 'buy',
          type: 'market',
          quantity: '1',
          quantityStep: '0.0001',
          referencePriceUsd: '2000',
          plannedAtMs: NOW,
          validUntilMs: NOW + HOUR_MS,
          reason: 'signal',
          modelId: null,
          mode: 'live',
        } as const;
        await journal.append([
          { type: 'order_planned', atMs: NOW, intent },
          { type: 'order_submitting', atMs: NOW, clientOrderId: 'ets1', sendBeforeMs: NOW + HOUR_MS },
        ]);
        await journal.close();
        clock.moveTo(NOW + 3 * HOUR_MS);
        return parts();
      },
    ],
    [
      'messages_wait warning',
      () => {
        const alert = { name: 'x', key: 'x', severity: 'info', title: 'x', detail: '', atMs: 0, simulated: false };
        const waiting = Array.from({ length: 21 }, () => ({ alert, channel: 'webhook', attempts: 0, notBeforeMs: 0 }));
        writeFileSync(join(dataDir, 'outbox.json'), JSON.stringify({ waiting, announcedMs: {} }));
        return parts([], { ETS_WEBHOOK_URL: 'http://127.0.0.1:9/' });
      },
    ],
    [
      'certificate_expires warning',
      () => {
        const { certFile, keyFile } = makeCertificate(dataDir, { days: 10 });
        return parts([`server.tlsCertFile=${certFile}`, `server.tlsKeyFile=${keyFile}`]);
      },
    ],
    [
      'halted critical',
      () => {
        mkdirSync(join(dataDir, 'trades'), { recursive: true });
        writeFileSync(join(dataDir, 'trades/HALT'), 'by hand');
        return parts();
      },
    ],
  ];
  it.each(causes)('%s', async (name, cause) => {
    const given = await cause();
    const { checks } = await checkStatus(given, registry());
    alertsOf(given).checks(checks);
    expect(raised()).toContain(name);
  });

  it.each(causes.filter(([name]) => !/model_stale|data_stale/.test(name)))('%s, and not without its cause', async (name) => {
    const { checks } = await checkStatus(parts(), registry());
    alertsOf(parts()).checks(checks);
    expect(raised()).not.toContain(name);
  });
});

describe('what a job meets is told', () => {
  const upkeep = (given: AppParts, alerts: DaemonAlerts) =>
    upkeepJobs({ parts: given, alerts, daemon: {} as never, fetching: new DataFetch(given, alerts) });

  it('backup_failed: another place that cannot be written, and a backup that cannot be restored', async () => {
    writeFileSync(join(dataDir, 'a-file'), '');
    const given = parts([`backup.copyDir=${join(dataDir, 'a-file/below')}`]);
    const backUp = async (parts: AppParts) => {
      const alerts = alertsOf(parts);
      const jobs = upkeep(parts, alerts).filter(({ name }) => name === 'backup');
      const runs = new UpkeepRuns(parts, jobs, await recorderOf(parts, alerts));
      runs.start(() => clock.nowMs() - DAY_MS);
      await expect.poll(() => runs.running).toEqual([]);
      const [last] = (JSON.parse(readFileSync(join(dataDir, 'schedule.json'), 'utf8')) as { runs: JobRun[] }).runs.slice(-1);
      const { checks } = await checkStatus(parts, registry());
      return { outcome: last?.outcome, check: checks.find(({ name }) => name === 'backup')!.status };
    };
    clock.moveTo(Date.UTC(2024, 0, 12, 4, 30));
    expect(await backUp(given)).toEqual({ outcome: 'failed', check: 'degraded' });
    expect(raised()).toEqual(['backup_failed critical']);

    await store.append([candles(NOW)]);
    const folder = join(dataDir, 'raw/price_data/binance_ETHUSDT_1h');
    writeFileSync(join(folder, readdirSync(folder)[0]!), 'damaged');
    clock.moveTo(Date.UTC(2024, 0, 13, 4, 30));
    expect(await backUp(parts())).toEqual({ outcome: 'failed', check: 'degraded' });
    expect(raised()).toEqual(['backup_failed critical', 'backup_failed critical']);
  });

  it('a backup ends by its deadline: the signal reaches it', async () => {
    const given = parts();
    const job = upkeep(given, alertsOf(given)).find(({ name }) => name === 'backup')!;
    writeFileSync(join(dataDir, 'audit.ndjson'), '{}\n');
    await expect(job.run(AbortSignal.abort(new Error('no more time')))).rejects.toThrow('no more time');
    expect(readdirSync(dataDir)).not.toContain('backups');
  });

  it('extraction_failed: a source that refuses', async () => {
    const { url } = await loopback(() => ({ status: 404, body: '{}' }));
    const given = { ...parts(), urls: { fearGreed: url } };
    await new DataFetch(given, alertsOf(given)).fetch(new AbortController().signal);
    expect(new Set(raised())).toEqual(new Set(['extraction_failed warning']));
  });

  it('training_failed: nothing to train on', { timeout: 60_000 }, async () => {
    const given = parts();
    const alerts = alertsOf(given);
    const runs = new TrainingRuns({
      parts: given,
      job: { name: 'training', lateMs: 0, nextAfterMs: (ms) => ms + DAY_MS },
      models: {} as never,
      events,
      fetching: { fetch: async () => undefined } as unknown as DataFetch,
      recorder: await recorderOf(given, alerts),
      health: { quality: undefined },
      waitUntil: undefined,
      retryAfterMs: 1,
    });
    runs.start(NOW, 0);
    await runs.idle();
    expect(raised()).toEqual(['training_failed warning']);
  });

  it('job_missed: upkeep that was due while the system was down for longer than it may be late', async () => {
    const given = parts();
    const alerts = alertsOf(given);
    const runs = new UpkeepRuns(
      given,
      upkeep(given, alerts).filter(({ name }) => name === 'backup'),
      await recorderOf(given, alerts),
    );
    clock.moveTo(Date.UTC(2024, 0, 12, 4));
    runs.start(() => NOW - 30 * DAY_MS);
    expect(runs.running).toEqual(['backup']);
    await expect.poll(() => runs.running).toEqual([]);
    await runs.close();
    expect(raised()).toEqual([]);
    clock.moveTo(Date.UTC(2024, 0, 12, 4));
    const late = upkeep(parts(['schedule.backup.lateHours=1']), alerts).filter(({ name }) => name === 'backup');
    const missing = new UpkeepRuns(given, late, await recorderOf(given, alerts));
    missing.start(() => NOW - 30 * DAY_MS);
    await expect.poll(() => missing.running).toEqual([]);
    await missing.close();
    expect(raised()).toEqual(['job_missed warning']);
  });
});

describe('what the process meets is told', () => {
  it('stream_ended and user_stream_failed: streams that end by an error', async () => {
    const alerts = alertsOf(parts());
    const ending = { start: (ended: (error: unknown) => void) => ended(new Error('torn')) };
    Daemon.prototype.startStreams.call({ alerts, streams: ending, userStream: ending } as unknown as Daemon);
    expect(raised()).toEqual(['user_stream_failed critical', 'stream_ended warning']);
  });

  it('certificate_expires at the start, and api_failed where a request meets a defect', async () => {
    const { certFile, keyFile } = makeCertificate(dataDir, { days: 10 });
    const soon = parts(['server.port=0', `server.tlsCertFile=${certFile}`, `server.tlsKeyFile=${keyFile}`]);
    const tls = await serve(soon, { events, alerts: alertsOf(soon), metrics, audit: auditOf(soon), running: () => undefined });
    closing.push(() => tls?.close());
    expect(raised()).toEqual(['certificate_expires warning']);
    const given = parts(['server.port=0']);
    let isDefect = false;
    const running = () => {
      if (isDefect) throw new Error('a defect');
      return undefined;
    };
    const api = await serve(given, { events, alerts: alertsOf(given), metrics, audit: auditOf(given), running });
    closing.push(() => api?.close());
    isDefect = true;
    expect((await fetch(`${api!.url}/api/v1/status`)).status).toBe(500);
    expect(raised()).toEqual(['certificate_expires warning', 'api_failed warning']);
  });

  it('audit_failed: a change that cannot be written down', async () => {
    mkdirSync(join(dataDir, 'audit.ndjson'));
    new AuditLog(parts(), alertsOf(parts())).write({ what: 'halt', from: 'here', status: 200 });
    await expect.poll(raised).toEqual(['audit_failed critical']);
  });
});

describe('Telegram', () => {
  const env = (url: string) => ({
    ETS_TELEGRAM_BOT_TOKEN: '1:token',
    ETS_TELEGRAM_ALLOWED_USERS: '7, 8',
    ETS_TELEGRAM_API_URL: url,
  });
  const open = (given: AppParts) =>
    openTelegram(given, { daemon: { registry: registry() } as never, events, alerts: alertsOf(given), audit: auditOf(given) });

  it('telegram_commands: messages cannot be read', async () => {
    const { url } = await loopback(() => ({ status: 401, body: '{}' }));
    const bot = await open(parts([], env(url)));
    bot!.start();
    closing.push(() => bot!.close());
    await expect.poll(raised).toEqual(['telegram_commands warning']);
  });

  it('is wired: an allowed user hears the status and halts, which is in the audit log', async () => {
    const update = (update_id: number, text: string, id: number) => ({
      update_id,
      message: { date: Math.floor(Date.now() / 1000), text, from: { id }, chat: { id } },
    });
    const updates = [update(1, '/status', 9), update(2, '/status', 7), update(3, '/halt', 8)];
    const sent: string[] = [];
    const server = createServer((request, reply) => {
      let text = '';
      request.on('data', (part) => {
        text += part;
      });
      request.on('end', () => {
        if (!request.url?.includes('getUpdates')) {
          sent.push((JSON.parse(text) as { text: string }).text);
          const code = /\b\d{6}\b/.exec(sent.at(-1)!)?.[0];
          if (code) updates.push(update(4, `/confirm ${code}`, 8), update(5, code, 8));
          return void reply.end('{"ok":true}');
        }
        const from = Number(new URL(request.url, 'http://x').searchParams.get('offset'));
        const result = updates.filter(({ update_id }) => update_id >= from);
        if (result.length > 0) reply.end(JSON.stringify({ ok: true, result }));
      });
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    closing.push(() => {
      server.closeAllConnections();
      server.close();
    });
    const given = parts([], env(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
    const bot = await open(given);
    bot!.start();
    closing.push(() => bot!.close());
    await expect.poll(() => sent.some((text) => /Trading is halted/.test(text)), { timeout: 10_000 }).toBe(true);
    expect(sent[0]).toContain('position');
    expect(sent.filter((text) => /storage/.test(text))).toHaveLength(1);
    expect(readdirSync(join(dataDir, 'trades'))).toContain('HALT');
    await expect
      .poll(() => readFileSync(join(dataDir, 'audit.ndjson'), 'utf8'))
      .toContain('"what":"telegram /halt","from":"telegram:8","status":200');
    expect(raised()).toEqual([]);
  });

  it('is off without users, and refuses users that are no numbers', async () => {
    expect(await open(parts([], { ETS_TELEGRAM_BOT_TOKEN: '1:token' }))).toBeUndefined();
    await expect(open(parts([], { ...env('http://127.0.0.1:9'), ETS_TELEGRAM_ALLOWED_USERS: '@me' }))).rejects.toMatchObject({
      code: 'notify.users_invalid',
    });
  });
});
