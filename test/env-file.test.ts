import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'ets-dotenv-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly all: string;
}
/** The built program in the folder, with nothing of this process's settings. */
function ets(args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  const { PATH = '' } = process.env;
  return new Promise((done) =>
    execFile(
      process.execPath,
      [resolve('dist/cli/main.js'), ...args],
      { cwd: folder, env: { PATH, ...env } },
      (error, out, err) => done({ code: error ? Number(error.code) : 0, out, all: out + err }),
    ),
  );
}
const hour = ({ out }: Outcome) => (JSON.parse(out) as { strategy: { decisionHourUtc: number } }).strategy.decisionHourUtc;
const show = ['config', 'show', '--json'];
const SECRET = 'never-shown-3141';
writeFileSync(join(folder, '.env'), `ETS_STRATEGY_DECISION_HOUR_UTC=7\nETS_DATA_DIR=\nETS_API_TOKEN=${SECRET}\n`);
writeFileSync(join(folder, 'other.env'), 'ETS_STRATEGY_DECISION_HOUR_UTC=9\nETS_DATA_DIR=elsewhere\n');
chmodSync(join(folder, '.env'), 0o644);

describe('.env', () => {
  it('of the working directory is read; --env names another; the environment and --set go before both', async () => {
    expect(hour(await ets(show))).toBe(7);
    expect(hour(await ets([...show, '--env', 'other.env']))).toBe(9);
    expect(hour(await ets(show, { ETS_STRATEGY_DECISION_HOUR_UTC: '5' }))).toBe(5);
    expect(hour(await ets([...show, '--set', 'strategy.decisionHourUtc=3']))).toBe(3);
  });

  it('that is named and not there is said as an error', async () => {
    const { code, out } = await ets([...show, '--env', 'none.env']);
    expect({ code, json: JSON.parse(out) }).toMatchObject({ code: 2, json: { error: { code: 'config.env_file' } } });
  });

  it('may say where data lies; an empty value leaves the default', async () => {
    await ets(['halt', '--env', 'other.env']);
    expect(existsSync(join(folder, 'elsewhere/trades/HALT'))).toBe(true);
    await ets(['halt']);
    expect(existsSync(join(folder, 'data-storage/trades/HALT'))).toBe(true);
  });

  it('that others may read is warned of by config validate and check-status, and its values are shown by neither', async () => {
    const validated = await ets(['config', 'validate', '--json']);
    expect(validated.code).toBe(0);
    expect(JSON.parse(validated.out)).toMatchObject({
      ok: true,
      problems: [],
      warnings: expect.arrayContaining([{ path: '.env', message: expect.stringContaining('0644') }]),
    });
    const status = await ets(['check-status', '--json']);
    const { checks } = JSON.parse(status.out) as { checks: { name: string; status: string; remedy: string }[] };
    expect(checks.find(({ name }) => name === 'secrets')).toMatchObject({ status: 'degraded', remedy: 'chmod 600 .env' });
    expect(validated.all + status.all).not.toContain(SECRET);
  });

  it('that has a misspelt name, and an environment that has one, are warned of by config validate', async () => {
    writeFileSync(join(folder, 'misspelt.env'), 'ETS_RISK_MAX_ORDER_UDS=0.0512\n');
    const validated = await ets(['config', 'validate', '--json', '--env', 'misspelt.env'], { ETS_API_TOKE: SECRET });
    expect(validated.code).toBe(0);
    expect(JSON.parse(validated.out)).toMatchObject({
      ok: true,
      warnings: expect.arrayContaining([
        { path: 'ETS_RISK_MAX_ORDER_UDS', message: expect.stringContaining('did you mean ETS_RISK_MAX_ORDER_USD?') },
        { path: 'ETS_API_TOKE', message: expect.stringContaining('did you mean ETS_API_TOKEN?') },
      ]),
    });
    expect(validated.all).not.toContain(SECRET);
    expect(validated.all).not.toContain('0.0512');
  });
});

describe('what is asked for on the command line', () => {
  it('is in the audit log', async () => {
    const dir = ['--data-dir', 'audited'];
    await ets(['halt', '--reason', 'a storm', ...dir]);
    await ets(['resume', ...dir]);
    await ets(['flatten', ...dir]);
    const lines = readFileSync(join(folder, 'audited/audit.ndjson'), 'utf8').trim().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { what: 'halt: a storm', from: 'command line', status: 200 },
      { what: 'resume', from: 'command line', status: 200 },
      { what: 'flatten', from: 'command line' },
    ]);
  });
});

describe('exit codes for scripts', () => {
  it('of config validate are 2 for a problem and 0 for a warning', async () => {
    const { code, out } = await ets(['config', 'validate', '--json', '--set', 'mode=live']);
    expect({ code, json: JSON.parse(out) }).toMatchObject({
      code: 2,
      json: { ok: false, problems: [{ path: 'mode' }, { path: 'mode' }] },
    });
  });

  it('of check-status are 0 for what is halted, and 1 with --strict', async () => {
    expect((await ets(['check-status'])).code).toBe(0);
    expect((await ets(['check-status', '--strict'])).code).toBe(1);
  });
});
