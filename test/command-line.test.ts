import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS } from '../src/domain/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'ets-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly json: never;
}

/** Runs the built command line in a process of its own. */
function ets(...args: string[]): Promise<Outcome> {
  const main = resolve('dist/cli/main.js');
  return new Promise((done) => {
    execFile(process.execPath, [main, ...args], { cwd: folder, maxBuffer: 2 ** 26 }, (error, out, err) => {
      const text = out.trim();
      done({
        code: error ? Number(error.code) : 0,
        out,
        err,
        json: (args.includes('--json') && text !== '' ? JSON.parse(text) : undefined) as never,
      });
    });
  });
}

/** So many days of hourly candles that go up and down. */
function candles(days: number, startMs: number): string {
  const lines = ['timestamp,open,high,low,close,volume'];
  let price = 2_000;
  for (let at = startMs; at < startMs + days * DAY_MS; at += HOUR_MS) {
    const next = Math.round(price * (1 + 0.004 * Math.sin(at / 7e7) + 0.003 * Math.cos(at / 1.3e7)) * 100) / 100;
    lines.push([at, price, Math.max(price, next) + 1, Math.min(price, next) - 1, next, 100].join(','));
    price = next;
  }
  return `${lines.join('\n')}\n`;
}

describe('ets', () => {
  const startMs = Date.UTC(2023, 0, 1);
  const file = join(folder, 'binance_ethusdt_1h.csv');
  const dir = ['--data-dir', join(folder, 'data')];
  beforeAll(() => writeFileSync(file, candles(450, startMs)));

  it('shows its commands', async () => {
    const { code, out } = await ets('--help');
    expect(code).toBe(0);
    for (const name of ['demo', 'ingest', 'train', 'predict', 'backtest', 'trade', 'check-status']) expect(out).toContain(name);
  });

  it.each([
    ['an unknown command', ['nonsense', '--json'], 2, 'cli.usage'],
    ['a wrong time', ['predict', '--at', 'someday', '--json'], 2, 'cli.bad_time'],
    ['a wrong setting', ['config', 'show', '--set', 'label.horizonHours=0', '--json'], 2, 'config.invalid'],
    ['a file that is not there', ['ingest', 'nowhere.csv', '--json'], 2, 'ingest.file_missing'],
    ['no model', ['predict', '--at', '2024-01-01T23:00:00Z', '--json'], 3, 'predict.no_model'],
  ])('says %s as one JSON document and by its exit code', async (_, args, exitCode, errorCode) => {
    const { code, json, err } = await ets(...args, ...(args[0] === 'nonsense' ? [] : dir));
    expect({ code, json }).toMatchObject({ code: exitCode, json: { error: { code: errorCode } } });
    expect(err).not.toContain('    at ');
  });

  it('reads a directory of a simulated world, and does not write to it', async () => {
    const simulated = join(folder, 'simulated');
    mkdirSync(simulated);
    writeFileSync(join(simulated, 'world.json'), JSON.stringify({ kind: 'sandbox', seed: 1, startMs }));
    const dir = ['--data-dir', simulated, '--json'];
    expect(await ets('data', 'list', ...dir)).toMatchObject({ code: 0, json: { datasets: [] } });
    expect(await ets('journal', ...dir)).toMatchObject({ code: 0, json: { simulated: true } });
    for (const args of [['ingest', file], ['trade'], ['train', '--no-fetch']])
      expect(await ets(...args, ...dir)).toMatchObject({ code: 2, json: { error: { code: 'storage.other_world' } } });
  });

  it('goes from a file to features, a model, a prediction and a backtest', { timeout: 300_000 }, async () => {
    const { json: read } = await ets('ingest', file, '--json', ...dir);
    expect(read).toMatchObject({ files: [{ rows: 450 * 24, stored: 450 * 24, quarantined: 0 }] });
    const { json: again } = await ets('ingest', file, '--json', ...dir);
    expect(again).toMatchObject({ files: [{ stored: 0, duplicates: 450 * 24 }] });

    const until = new Date(startMs + 430 * DAY_MS).toISOString();
    const small = ['--set', 'model.trees=20', '--json', ...dir];
    const trained = await ets('train', '--until', until, ...small);
    expect(trained).toMatchObject({ code: 0, json: { gate: { decision: 'promoted', reason: 'first' } } });

    const at = new Date(startMs + 430 * DAY_MS + 23 * HOUR_MS).toISOString();
    const { json: prediction } = await ets('predict', '--at', at, ...small);
    const { probabilities } = prediction as { probabilities: number[] };
    expect(probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 9);

    const day = (i: number) => new Date(startMs + i * DAY_MS).toISOString().slice(0, 10);
    const { json: backtest } = await ets('backtest', '--start', day(420), '--end', day(430), '--retrain-every', '7d', ...small);
    const { report, equity } = backtest as { report: string; equity: { startUsd: string } };
    expect(equity.startUsd).toBe('10000.00');
    expect(readFileSync(resolve(folder, report), 'utf8')).toContain('<svg');
    expect(readdirSync(join(folder, 'data', 'trades'))).toEqual([]);
  });
});
