import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exchangeKeys } from '../../src/app/exchange-keys.ts';
import { secretRedactor } from '../../src/app/secrets.ts';
import { DRILL_TIMEOUT_MS, Drill } from './drill.fixture.ts';

/** Odd-looking, as real ones are: quotes, what URLs encode, what regular expressions mean. */
const SECRETS = {
  apiToken: 'tok"en+/=&?%25.*[x]\\1',
  metricsToken: "metr'ics~tok$en^2",
  keyInEnv: 'KEYenv+AB/cd==(1)',
  secretInFile: 'file"SECRET+with/slash==&{2}',
  keyInStore: 'stored-KEY+/%2B==?3',
  secretInStore: 'stored"SECRET\\d+/==#4',
  passphrase: 'pass phrase+/"&5',
  backupKey: 'backup|KEY+/==6',
  whaleAlert: 'whale KEY&+/=7',
  telegram: '987654:AA-b_c+d=e/f8',
  heartbeat: 'heart+beat/9=abcdef',
} as const;

/** Every form in which a value could stand somewhere. */
const formsOf = (value: string): string[] => [
  value,
  encodeURIComponent(value),
  encodeURI(value),
  new URLSearchParams({ x: value }).toString().slice(2),
  JSON.stringify(value).slice(1, -1),
  JSON.stringify(JSON.stringify(value)).slice(3, -3),
  Buffer.from(value).toString('base64').replace(/=+$/, ''),
  Buffer.from(value).toString('base64url'),
  Buffer.from(value).toString('hex'),
];

/** Names of the secrets that stand somewhere in a text. */
const leaksIn = (text: string): string[] =>
  Object.entries(SECRETS).flatMap(([name, value]) => (formsOf(value).some((form) => text.includes(form)) ? [name] : []));

let drill: Drill;
beforeEach(async () => {
  drill = await Drill.open({ speed: 3_600 });
});
afterEach(() => drill.close());

const secretFile = () => join(drill.folder, 'a secret.txt');
function environment() {
  mkdirSync(join(drill.folder, 'logs'), { recursive: true });
  writeFileSync(secretFile(), `${SECRETS.secretInFile}\n`);
  return {
    ETS_API_TOKEN: SECRETS.apiToken,
    ETS_METRICS_TOKEN: SECRETS.metricsToken,
    ETS_BINANCE_API_KEY: SECRETS.keyInEnv,
    ETS_BINANCE_API_SECRET_FILE: secretFile(),
    ETS_KEYS_PASSPHRASE: SECRETS.passphrase,
    ETS_BACKUP_KEY: SECRETS.backupKey,
    ETS_WHALE_ALERT_API_KEY: SECRETS.whaleAlert,
    ETS_TELEGRAM_BOT_TOKEN: SECRETS.telegram,
    ETS_TELEGRAM_CHAT_ID: '1',
    ETS_TELEGRAM_ALLOWED_USERS: '1',
    // Nobody listens there: it fails with the address in its message.
    ETS_TELEGRAM_API_URL: 'http://127.0.0.1:9',
    ETS_HEARTBEAT_URL: `http://127.0.0.1:9/${SECRETS.heartbeat}`,
    ETS_LOG_DIR: join(drill.folder, 'logs'),
  };
}

/** Keeps a key as a user does, who gives it on standard input. */
async function store(name: string, value: string): Promise<void> {
  const args = ['keys', 'set', name, '--data-dir', drill.dataDir, '--json'];
  const child = spawn(process.execPath, [resolve('dist/cli/main.js'), ...args], {
    cwd: drill.folder,
    env: { ...process.env, ...drill.env },
  });
  child.stdin.end(`${value}\n`);
  expect(await new Promise((done) => child.on('close', done))).toBe(0);
}

const textsBelow = (folder: string): [string, string][] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => [path, readFileSync(path, 'latin1')]);

const READS = ['status', 'decisions', 'orders', 'trades', 'positions', 'equity', 'models', 'features', 'data', 'alerts'];

describe('secrets', () => {
  it('stand nowhere: not in what a daemon prints, logs, stores or answers, whatever fails', {
    timeout: DRILL_TIMEOUT_MS,
  }, async () => {
    drill.env = environment();
    await store('ETS_BINANCE_API_KEY', SECRETS.keyInStore);
    await store('ETS_BINANCE_API_SECRET', SECRETS.secretInStore);
    await drill.faults('*:500@0.3', '*:cut@0.2', 'binance:reject@0.5');
    const running = drill.launch('run', '--log-level', 'debug');
    const ready = await running.ready;
    expect(ready).not.toBeNull();
    const { url } = ready!;
    const replies: string[] = [];
    const ask = async (path: string, init: RequestInit = {}) => {
      const reply = await fetch(`${url}${path}`, init);
      const text = await reply.text();
      replies.push(`${JSON.stringify([...reply.headers])} ${text}`);
      return { status: reply.status, text };
    };
    const post = (path: string, body: unknown, token: string = SECRETS.apiToken) =>
      ask(path, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    // Secrets where they do not belong, and requests that cannot be understood.
    const everything = Object.values(SECRETS).join(' ');
    expect((await post('/api/v1/halt', { why: everything })).status).toBe(200);
    expect((await post('/api/v1/halt', { why: 'x' }, `${SECRETS.apiToken}x`)).status).toBe(401);
    expect((await post('/api/v1/data/own_data', [{ nothing: 1 }])).status).toBeGreaterThanOrEqual(400);
    await ask(`/api/v1/orders?limit=${encodeURIComponent(SECRETS.apiToken)}`);
    await post('/api/v1/flatten', {});
    await post('/api/v1/resume', {});
    // Days pass: decisions, a backup, failures of every source, of Telegram and of the heartbeat.
    await expect.poll(() => drill.decisions().length, { timeout: 120_000, interval: 200 }).toBeGreaterThanOrEqual(1);
    for (const what of READS) await ask(`/api/v1/${what}`);
    for (const path of ['/', '/metrics', '/healthz', '/readyz', '/api/v1/openapi.json', '/nothing']) await ask(path);
    const { code, out, err } = await drill.stop(running);
    expect(code).toBe(0);
    expect(err).toMatch(/"level":"debug"|"level":"warn"/);
    expect(replies.length).toBeGreaterThan(15);

    expect(leaksIn(out)).toEqual([]);
    expect(leaksIn(err)).toEqual([]);
    expect(replies.flatMap((reply) => leaksIn(reply).map((name) => `${name} in ${reply}`))).toEqual([]);
    const files = [...textsBelow(drill.dataDir), ...textsBelow(join(drill.folder, 'logs'))];
    expect(files.length).toBeGreaterThan(10);
    expect(files.flatMap(([path, text]) => leaksIn(text).map((name) => `${name} in ${path}`))).toEqual([]);
    expect(drill.told.alerts.flatMap((alert) => leaksIn(JSON.stringify(alert)))).toEqual([]);
  });

  it('are not printed by a command that fails', { timeout: DRILL_TIMEOUT_MS }, async () => {
    drill.env = environment();
    const place = `/dev/null/${SECRETS.secretInFile}`;
    const { out, err, code } = await drill.launch('journal', 'export', '--log-level', 'debug', '--output', place).ended;
    expect(code).not.toBe(0);
    expect(out).toContain('[redacted]');
    expect(leaksIn(out + err)).toEqual([]);
  });
});

describe('keys of the exchange', () => {
  const parts = (env: Record<string, string | undefined>) => ({ dataDir: drill.dataDir, env }) as never;

  it('come from the file that is named, before the environment', async () => {
    writeFileSync(secretFile(), `  ${SECRETS.secretInFile}\n`);
    const env = {
      ETS_BINANCE_API_KEY: SECRETS.keyInEnv,
      ETS_BINANCE_API_SECRET: 'not this',
      ETS_BINANCE_API_SECRET_FILE: secretFile(),
    };
    expect(await exchangeKeys(parts(env), 'live')).toEqual({ apiKey: SECRETS.keyInEnv, secret: SECRETS.secretInFile });
  });

  it.each([
    ['is not there', undefined],
    ['is empty', ' \n'],
  ])('are missing where that file %s', async (_what, content) => {
    if (content !== undefined) writeFileSync(secretFile(), content);
    const env = { ETS_BINANCE_API_KEY_FILE: secretFile(), ETS_BINANCE_API_KEY: 'not instead' };
    await expect(exchangeKeys(parts(env), 'live')).rejects.toMatchObject({
      code: 'exchange.key_missing',
      message: expect.stringContaining('a secret.txt'),
    });
  });

  it('are known to the log wherever they come from', { timeout: DRILL_TIMEOUT_MS }, async () => {
    drill.env = environment();
    await store('ETS_BINANCE_API_SECRET', SECRETS.secretInStore);
    const redact = await secretRedactor({ dataDir: drill.dataDir, env: drill.env });
    const { keyInEnv, secretInFile, secretInStore, apiToken } = SECRETS;
    for (const value of [keyInEnv, secretInFile, secretInStore, apiToken])
      for (const form of formsOf(value).slice(0, 5)) expect(redact(`<${form}>`)).toBe('<[redacted]>');
  });
});
