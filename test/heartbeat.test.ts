import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SmtpServer } from '../src/monitoring/channels/smtp-server.fixture.ts';
import { type Sandbox, startSandbox } from '../src/sandbox/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'ets-heartbeat-'));
const main = resolve('dist/cli/main.js');
const calls: string[] = [];
let beats: Server;
let url = '';
let sandbox: Sandbox;
beforeAll(async () => {
  beats = createServer((request, reply) => {
    calls.push(request.url ?? '');
    reply.writeHead(request.url === '/refuses' ? 500 : 200).end();
  });
  await new Promise<void>((done) => beats.listen(0, '127.0.0.1', done));
  url = `http://127.0.0.1:${(beats.address() as AddressInfo).port}`;
  sandbox = await startSandbox({ seed: 5, startMs: Date.UTC(2024, 0, 1), edge: 0, speed: 0, blockSpacingMs: 3_600_000 });
  writeFileSync(join(folder, 'ends.json'), JSON.stringify({ urls: sandbox.urls }));
});
afterAll(async () => {
  await sandbox.close();
  beats.close();
  rmSync(folder, { recursive: true, force: true });
});

const common = (dir: string) => [
  ...['--data-dir', join(folder, dir), '--json', '--endpoints', join(folder, 'ends.json')],
  ...['--set', 'server.port=0', '--set', 'schedule.decisionLateHours=0.05'],
];
const env = (more: Record<string, string>) => ({ PATH: process.env.PATH ?? '', ...more });

describe('ETS_HEARTBEAT_URL', () => {
  it('is called once after each good daily cycle', { timeout: 120_000 }, async () => {
    const args = [main, 'run', '--days', '2', ...common('good')];
    const code = await new Promise((done) =>
      spawn(process.execPath, args, { cwd: folder, env: env({ ETS_HEARTBEAT_URL: `${url}/beat` }) }).on('close', done),
    );
    expect(code).toBe(0);
    expect(calls).toEqual(['/beat', '/beat']);
  });

  it('is not called after a bad one', { timeout: 120_000 }, async () => {
    calls.length = 0;
    const table = join(folder, 'bad/raw/price_data');
    mkdirSync(table, { recursive: true });
    writeFileSync(join(table, 'manifest.json'), 'damaged');
    const args = [main, 'run', ...common('bad')];
    const child = spawn(process.execPath, args, { cwd: folder, env: env({ ETS_HEARTBEAT_URL: `${url}/beat` }) });
    const ended = new Promise((done) => child.on('close', done));
    const failed = () => {
      try {
        const { runs } = JSON.parse(readFileSync(join(folder, 'bad/schedule.json'), 'utf8')) as { runs: { outcome: string }[] };
        return runs.filter(({ outcome }) => outcome === 'failed').length;
      } catch {
        return 0;
      }
    };
    await expect.poll(failed, { timeout: 90_000, interval: 100 }).toBeGreaterThan(0);
    child.kill('SIGTERM');
    await ended;
    expect(calls).toEqual([]);
  });
});

describe('ets notify test', () => {
  const notify = (more: Record<string, string>) =>
    new Promise<{ code: number; json: { channels: { channel: string; ok: boolean; error?: string }[] } }>((done) =>
      execFile(process.execPath, [main, 'notify', 'test', ...common('notify')], { cwd: folder, env: env(more) }, (error, out) =>
        done({ code: error ? Number(error.code) : 0, json: JSON.parse(out) as never }),
      ),
    );

  it('sends to every channel that is configured, and says which failed', { timeout: 60_000 }, async () => {
    calls.length = 0;
    const smtp = new SmtpServer();
    const channels = { ETS_WEBHOOK_URL: `${url}/hook`, ETS_SMTP_URL: await smtp.start(), ETS_EMAIL_TO: 'me@example.org' };
    expect(await notify(channels)).toMatchObject({
      code: 0,
      json: {
        channels: [
          { channel: 'email', ok: true },
          { channel: 'webhook', ok: true },
        ],
      },
    });
    expect(smtp.messages[0]).toContain('A test of the notifications');
    expect(calls).toEqual(['/hook']);
    const { code, json } = await notify({ ...channels, ETS_NTFY_URL: `${url}/refuses` });
    expect(code).toBe(4);
    expect(json.channels.find(({ channel }) => channel === 'ntfy')).toEqual({
      channel: 'ntfy',
      ok: false,
      error: 'ntfy answered 500',
    });
    await smtp.close();
  });

  it('says that there is none', async () => {
    expect(await notify({})).toEqual({ code: 0, json: { channels: [] } });
  });
});
