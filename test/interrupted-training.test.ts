import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRng, DAY_MS, HOUR_MS, ManualClock, normal } from '../src/domain/index.ts';
import { ModelRegistry } from '../src/model/index.ts';

const START_MS = Date.UTC(2023, 0, 1);
const until = (day: number) => ['--until', new Date(START_MS + day * DAY_MS).toISOString()];
const SETTINGS = ['model.trainDays=100', 'gate.windowDays=35', 'model.trees=10', 'model.folds=3'];
const TRAIN = ['train', '--no-fetch', ...until(152)];
const TUNE = ['tune', '--learner', 'logistic-regression', '--folds', '4', '--trials', '8', ...until(152)];
const TIMEOUT_MS = 120_000;
const INTERRUPTED = { error: { code: 'cli.interrupted', message: 'interrupted; what was stored before stays' } };

const folder = mkdtempSync(join(tmpdir(), 'ets-interrupted-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly json: unknown;
}

/** What interrupts a run: a signal at the n-th time that a file is written whose path ends so. */
interface Interruption {
  readonly signal: 'SIGINT' | 'SIGKILL';
  readonly at: number;
  readonly pathEnd: string;
}

/** Runs the built command line on a data directory. */
function ets(data: string, args: readonly string[], interruption?: Interruption): Promise<Ended> {
  const set = SETTINGS.flatMap((setting) => ['--set', setting]);
  const line = [resolve('dist/cli/main.js'), ...args, '--data-dir', join(folder, data), '--json', ...set];
  const preload = interruption ? ['--import', pathToFileURL(resolve('test/signal-at.fixture.mjs')).href] : [];
  const env = interruption && {
    ETS_TEST_SIGNAL: interruption.signal,
    ETS_TEST_AT: String(interruption.at),
    ETS_TEST_PATH_END: interruption.pathEnd,
  };
  const child = spawn(process.execPath, [...preload, ...line], { cwd: folder, env: { ...process.env, ...env } });
  let out = '';
  child.stdout.on('data', (text: Buffer) => {
    out += text.toString();
  });
  return new Promise((done) =>
    child.on('close', (code, signal) => done({ code, signal, json: out === '' ? null : JSON.parse(out) })),
  );
}

function copyOf(data: string, name: string): string {
  cpSync(join(folder, data), join(folder, name), { recursive: true });
  return name;
}

/** The files of the models with their bytes, by path; the times at which they were made are taken out. */
function models(data: string): Record<string, string> {
  const root = join(folder, data, 'models');
  const entries = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map((entry) => relative(root, join(entry.parentPath, entry.name))).sort();
  return Object.fromEntries(
    paths.map((path) => [path, readFileSync(join(root, path), 'latin1').replace(/"(createdMs|atMs)": ?\d+/g, '"$1": 0')]),
  );
}

/** What a training remembers of its steps, and studies, are part of no version. */
const isOfVersion = ([path]: [string, string]): boolean => !/^(walk-forward|studies)\//.test(path);

const temporaryFiles = (data: string): string[] =>
  readdirSync(join(folder, data), { recursive: true })
    .map(String)
    .filter((path) => /\.tmp$|\.saving-/.test(path));

/** A data directory with a current model, and the same after another training that nobody interrupted. */
const BASE = 'base';
const WHOLE = 'whole';
let whole: Ended;

beforeAll(async () => {
  const rng = createRng(8);
  let close = 1_500;
  const lines = Array.from({ length: 24 * 155 }, (_, hour) => {
    const open = close;
    close *= Math.exp(0.006 * normal(rng));
    const [high, low] = [Math.max(open, close) * 1.0005, Math.min(open, close) * 0.9995];
    return [START_MS + hour * HOUR_MS, open, high, low, close, 900].join(',');
  });
  const file = join(folder, 'eth_usdt_1h_binance.csv');
  writeFileSync(file, `${['time,open,high,low,close,volume', ...lines].join('\n')}\n`);
  expect(await ets(BASE, ['ingest', file])).toMatchObject({ code: 0 });
  expect(await ets(BASE, ['train', '--no-fetch', ...until(148)])).toMatchObject({ code: 0, json: { gate: { reason: 'first' } } });
  whole = await ets(copyOf(BASE, WHOLE), TRAIN);
  expect(whole.code).toBe(0);
}, TIMEOUT_MS);

const withoutDuration = (json: unknown) => ({ ...(json as object), durationMs: 0 });

const INTERRUPTIONS: readonly (readonly [when: string, interruption: Interruption])[] = [
  ['Ctrl-C in its first step', { signal: 'SIGINT', at: 1, pathEnd: '.f64' }],
  ['a kill in a later step', { signal: 'SIGKILL', at: 2, pathEnd: '.f64' }],
  ['Ctrl-C after its last step', { signal: 'SIGINT', at: 3, pathEnd: '.f64' }],
  ['a kill while its version is stored', { signal: 'SIGKILL', at: 1, pathEnd: 'MODEL.md' }],
];

describe('a training that is ended again and again', () => {
  const data = 'interrupted';
  let left: string[] = [];
  beforeAll(() => {
    copyOf(BASE, data);
  });

  it.each(INTERRUPTIONS)('by %s leaves the models as they were', { timeout: TIMEOUT_MS }, async (_, interruption) => {
    const before = temporaryFiles(data);
    const { code, signal, json } = await ets(data, TRAIN, interruption);
    left = temporaryFiles(data);
    if (interruption.signal === 'SIGINT') {
      expect({ code, json }).toEqual({ code: 1, json: INTERRUPTED });
      expect(left.filter((path) => !before.includes(path))).toEqual([]);
    } else {
      expect(signal).toBe('SIGKILL');
      expect(left.length).toBeGreaterThan(0);
    }
    const stored = Object.entries(models(data)).filter(([path]) => !left.some((file) => `models/${path}`.startsWith(file)));
    expect(Object.fromEntries(stored.filter(isOfVersion))).toEqual(
      Object.fromEntries(Object.entries(models(BASE)).filter(isOfVersion)),
    );
    const registry = new ModelRegistry(join(folder, data, 'models'), new ManualClock(0));
    expect((await registry.list()).map(({ current }) => current)).toEqual([true]);
    expect(await registry.problems()).toEqual([]);
  });

  it('gives in the end what it would have given at once, and nothing is left', { timeout: TIMEOUT_MS }, async () => {
    expect(left.length).toBeGreaterThan(0);
    const { code, json } = await ets(data, TRAIN);
    expect({ code, json: withoutDuration(json) }).toEqual({ code: 0, json: withoutDuration(whole.json) });
    expect(models(data)).toEqual(models(WHOLE));
    expect(temporaryFiles(data)).toEqual([]);
  });
});

it('a search that is ended again and again changes no model, and comes to what it would have found', {
  timeout: TIMEOUT_MS,
}, async () => {
  const undisturbed = await ets(copyOf(BASE, 'searched'), TUNE);
  expect(undisturbed).toMatchObject({ code: 0, json: { trials: 8 } });
  const data = copyOf(BASE, 'search');
  const pathEnd = '.batch.ndjson';
  expect(await ets(data, TUNE, { signal: 'SIGINT', at: 3, pathEnd })).toMatchObject({ code: 1, json: INTERRUPTED });
  expect(await ets(data, TUNE, { signal: 'SIGKILL', at: 3, pathEnd })).toMatchObject({ signal: 'SIGKILL' });
  expect(Object.fromEntries(Object.entries(models(data)).filter(isOfVersion))).toEqual(
    Object.fromEntries(Object.entries(models(BASE)).filter(isOfVersion)),
  );
  expect(temporaryFiles(data)).toEqual([]);
  const { code, json } = await ets(data, TUNE);
  const { file, ...same } = undisturbed.json as Record<string, unknown>;
  expect({ code, json: withoutDuration(json) }).toMatchObject({ code: 0, json: withoutDuration(same) });
  expect(readFileSync((json as { file: string }).file, 'utf8')).toBe(readFileSync(String(file), 'utf8'));
});
