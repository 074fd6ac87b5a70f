import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { trainInChild } from '../src/app/daemon/train-in-child.ts';
import { loadConfig } from '../src/config/index.ts';
import { type Sandbox, startSandbox } from '../src/sandbox/index.ts';

const START_MS = Date.UTC(2024, 0, 1);
const TIMEOUT_MS = 240_000;
const SETTINGS = [
  ...['model.trainDays=80', 'gate.windowDays=30', 'model.trees=10', 'model.folds=3', 'server.port=0', 'streams.enabled=false'],
];

const folder = mkdtempSync(join(tmpdir(), 'ets-daemon-jobs-'));
const open: Sandbox[] = [];
const children: ChildProcess[] = [];
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  for (const sandbox of open) await sandbox.close();
  rmSync(folder, { recursive: true, force: true });
});

async function world(name: string, speed: number) {
  const sandbox = await startSandbox({ seed: 5, startMs: START_MS, edge: 0.5, speed, blockSpacingMs: 3_600_000 });
  open.push(sandbox);
  writeFileSync(join(folder, `${name}.json`), JSON.stringify({ urls: sandbox.urls }));
  return (...args: string[]) => {
    const common = ['--endpoints', join(folder, `${name}.json`), '--data-dir', join(folder, name), '--json'];
    const set = SETTINGS.flatMap((setting) => ['--set', setting]);
    const child = spawn(process.execPath, [resolve('dist/cli/main.js'), ...args, ...common, ...set], { cwd: folder });
    children.push(child);
    let out = '';
    let err = '';
    child.stderr.on('data', (text: Buffer) => {
      err += text.toString();
    });
    const ready = new Promise<{ url: string }>((done) => {
      child.stdout.on('data', (text: Buffer) => {
        out += text.toString();
        if (out.includes('\n')) done(JSON.parse(out.slice(0, out.indexOf('\n'))) as { url: string });
      });
    });
    const ended = new Promise<{ code: number | null; out: string; err: string }>((done) => {
      child.on('close', (code) => done({ code, out, err }));
    });
    return { child, ready, ended };
  };
}

interface JobLine {
  readonly job: string;
  readonly last: { readonly outcome: string; readonly message: string | null } | null;
}

describe('the weekly training of the daemon', () => {
  it('runs in a process of its own, and what it promotes decides from then on', { timeout: TIMEOUT_MS }, async () => {
    const launch = await world('weekly', 0);
    expect(await launch('backfill', '--start', '2023-09-01', '--end', '2023-12-31').ended).toMatchObject({ code: 0 });
    const { code, err } = await launch('run', '--days', '8').ended;
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
    const lines = err
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as { msg: string; job?: string });
    expect(lines.filter(({ msg }) => /^trained .*: promoted/.test(msg))).toHaveLength(1);
    const { runs } = JSON.parse(readFileSync(join(folder, 'weekly/schedule.json'), 'utf8')) as {
      runs: { job: string; outcome: string }[];
    };
    expect(runs.map(({ job, outcome }) => `${job} ${outcome}`)).toEqual([
      ...Array.from({ length: 6 }, () => 'decision done'),
      'training done',
      ...Array.from({ length: 2 }, () => 'decision done'),
    ]);
    const decisions = readFileSync(join(folder, 'weekly/trades/decisions.ndjson'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { modelId: string | null });
    expect(decisions.map(({ modelId }) => modelId !== null)).toEqual([...Array.from({ length: 6 }, () => false), true, true]);
  });
});

describe('a model that drift has left behind', () => {
  it('is trained again before the week is over', { timeout: TIMEOUT_MS }, async () => {
    const launch = await world('drift', 3_600);
    expect(await launch('backfill', '--start', '2023-08-01', '--end', '2023-12-31').ended).toMatchObject({ code: 0 });
    const trained = await launch('train', '--until', '2023-11-20T23:00:00Z', '--no-fetch').ended;
    expect({ code: trained.code, err: trained.code === 0 ? '' : trained.err }).toEqual({ code: 0, err: '' });
    const { modelId } = JSON.parse(trained.out) as { modelId: string };
    const surelyWrong = Array.from({ length: 40 }, (_, day) => ({
      decisionTimeMs: Date.UTC(2023, 10, 20 + day, 23),
      modelId,
      probabilities: [0.98, 0.01, 0.01],
      baseline: [0.3, 0.3, 0.4],
      recordedMs: 0,
    }));
    const lines = surelyWrong.map((one) => `${JSON.stringify(one)}\n`);
    writeFileSync(join(folder, 'drift', 'models', 'predictions.ndjson'), lines.join(''));
    const { ready, child, ended } = launch('run');
    const { url } = await ready;
    const lastTraining = async () => {
      const { jobs } = (await (await fetch(`${url}/api/v1/status`)).json()) as { jobs: JobLine[] };
      return jobs.find(({ job }) => job === 'training')?.last;
    };
    await expect.poll(lastTraining, { timeout: 120_000, interval: 500 }).toMatchObject({ outcome: 'done', message: null });
    const { dueMs } = (await lastTraining()) as unknown as { dueMs: number };
    expect(dueMs).toBeLessThan(Date.UTC(2024, 0, 7, 2));
    child.kill('SIGTERM');
    expect((await ended).code).toBe(0);
    const models = await launch('models', 'list').ended;
    expect((JSON.parse(models.out) as { models: unknown[] }).models).toHaveLength(2);
  });
});

describe('upkeep, in a world whose time passes', () => {
  it('looks after health, fetches, backs up and tidies beside the decisions', { timeout: TIMEOUT_MS }, async () => {
    const launch = await world('passing', 3_600);
    const { ready, child, ended } = launch('run');
    const { url } = await ready;
    const done = async () => {
      const { jobs } = (await (await fetch(`${url}/api/v1/status`)).json()) as { jobs: JobLine[] };
      return jobs.filter(({ last }) => last?.outcome === 'done').map(({ job }) => job);
    };
    await expect
      .poll(done, { timeout: 120_000, interval: 500 })
      .toEqual(expect.arrayContaining(['health', 'extraction', 'backup', 'retention']));
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toMatch(/ets_job_runs_total\{job="backup",outcome="done"\} [1-9]/);
    expect(metrics).toMatch(/^ets_backup_age_seconds \d+/m);
    const health = (port: string) =>
      new Promise((done) => {
        const env = { ...process.env, ETS_SERVER_PORT: port };
        spawn(process.execPath, [resolve('dist/cli/healthcheck.js')], { env, cwd: folder }).on('close', done);
      });
    expect([await health(new URL(url).port), await health('1')]).toEqual([0, 1]);
    child.kill('SIGTERM');
    expect((await ended).code).toBe(0);
  });
});

describe('trainInChild', () => {
  let launch: Awaited<ReturnType<typeof world>>;
  beforeAll(async () => {
    launch = await world('child', 0);
    expect((await launch('extract', '--date', '2023-12-31').ended).code).toBe(0);
  }, TIMEOUT_MS);
  const train = (memoryMb: number, signal = AbortSignal.timeout(60_000)) => {
    const { urls } = JSON.parse(readFileSync(join(folder, 'child.json'), 'utf8')) as { urls: Record<string, string> };
    const request = { dataDir: join(folder, 'child'), config: loadConfig({ env: {} }), endpoints: urls, untilMs: START_MS };
    return trainInChild(request, { env: process.env, memoryMb, signal });
  };

  it('says what the training itself said', async () => {
    await expect(train(1_000)).rejects.toMatchObject({
      code: 'train.child_failed',
      message: expect.stringContaining('prices cover'),
      hint: expect.stringContaining('ets backfill'),
      details: { code: 'train.too_little_history' },
    });
  });

  it('is ended where it needs more memory than it may', async () => {
    await expect(train(10)).rejects.toMatchObject({
      code: 'train.out_of_memory',
      hint: expect.stringContaining('schedule.trainMemoryMb'),
    });
  });

  it('is ended when nobody wants it any more', async () => {
    const stop = new AbortController();
    const training = train(1_000, stop.signal);
    stop.abort(new Error('the daemon stops'));
    await expect(training).rejects.toThrow('the daemon stops');
  });
});
