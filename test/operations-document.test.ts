import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type Sandbox, startSandbox } from '../src/sandbox/index.ts';
import { makeCertificate } from '../src/server/certificate.fixture.ts';
import { StandInDocker } from './stand-in-docker.fixture.ts';

const text = readFileSync(resolve('docs/operations.md'), 'utf8');
/** Cells of every table below a heading. */
const tableBelow = (heading: string) =>
  (text.split(`## ${heading}\n`)[1] ?? '')
    .split(/^#{2,3} /m)[0]!
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| -/.test(line))
    .slice(1)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
const code = (cell: string | undefined) => /^`(.*)`$/.exec(cell ?? '')?.[1] ?? '';

describe("the owner's command lines", () => {
  const folder = mkdtempSync(join(tmpdir(), 'ets-owner-'));
  let sandbox: Sandbox;
  let docker: StandInDocker;
  beforeAll(async () => {
    sandbox = await startSandbox({ seed: 1, startMs: Date.UTC(2024, 1, 1), edge: 0.02, speed: 0, blockSpacingMs: 3_600_000 });
    docker = new StandInDocker(join(folder, 'stand-in'));
    writeFileSync(join(folder, 'ends.json'), JSON.stringify({ urls: sandbox.urls }));
    const files = [
      'deploy.sh',
      'monitor.sh',
      'Dockerfile',
      '.env.example',
      'deploy',
      'docker-compose.prod.yml',
      'docker-compose.staging.yml',
      'docker-compose.dev.yml',
    ];
    for (const name of files) cpSync(resolve(name), join(folder, name), { recursive: true });
    mkdirSync(join(folder, 'deploy/secrets'), { recursive: true });
    const git = (...args: string[]) => execFileSync('git', args, { cwd: join(folder, 'repository') });
    mkdirSync(join(folder, 'repository'));
    git('init', '--quiet');
    git('-c', 'user.name=test', '-c', 'user.email=test@localhost', 'commit', '--quiet', '--allow-empty', '-m', 'first');
    writeFileSync(join(folder, 'deploy/secrets/alertmanager_webhook_url'), 'http://127.0.0.1:9/');
    for (const name of ['new_whale_data.parquet', 'updated_features.parquet']) writeFileSync(join(folder, name), '');
    mkdirSync(join(folder, 'dist/cli'), { recursive: true });
    writeFileSync(join(folder, 'stand-in/bin/npm'), '#!/bin/sh\necho "$*" >>"$(dirname "$0")/../npm"\n');
    chmodSync(join(folder, 'stand-in/bin/npm'), 0o755);
    writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
    writeFileSync(join(folder, 'dist/cli/main.js'), 'console.log(process.argv.slice(2).join(" "));\n');
  });
  afterAll(async () => {
    await sandbox.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const run = (line: string) =>
    new Promise<{ code: number; out: string; err: string }>((done) => {
      const pair = /--ssl-cert/.test(line) ? makeCertificate(folder) : undefined;
      // Git says on standard error what it does, unless it is told not to.
      const cloning = line.replace('git clone <repository-url>', `git clone --quiet ${join(folder, 'repository')}`);
      const command = pair ? line.replace('/path/to/cert.pem', pair.certFile).replace('/path/to/key.pem', pair.keyFile) : cloning;
      const env = {
        ...process.env,
        PATH: `${docker.bin}:${process.env.PATH}`,
        STAND_IN_ARGUMENTS: `--json --endpoints ${join(folder, 'ends.json')}`,
        DEPLOY_WAIT_S: '0',
        ETS_PUBLISH: '127.0.0.1:1',
      };
      execFile('bash', ['-c', command], { cwd: folder, env, maxBuffer: 2 ** 26 }, (error, out, err) =>
        done({ code: error ? Number(error.code) : 0, out, err }),
      );
    });

  /** Lines in the order of the document; those that lead to the program, with what their result must have. */
  const results: Readonly<Record<string, (json: never, exitCode: number) => void>> = {
    'train_model.py': (json: { rows: number }, exitCode) => {
      expect(exitCode).toBe(0);
      expect(json.rows).toBeGreaterThan(300);
    },
    process_new_data: (json: { files: { file: string }[] }) => expect(json).toHaveProperty('files'),
    'data_extraction --date=2024-01-15': (json: { days: { date: string }[] }) => expect(json.days[0]?.date).toBe('2024-01-15'),
    'backfill_data --start=2024-01-01 --end=2024-01-31': (json: { days: unknown[] }) => expect(json.days).toHaveLength(31),
    check_status: (json: { checks: unknown[] }) => expect(json.checks.length).toBeGreaterThan(10),
    performance_report: (json: { metrics: unknown }) => expect(json).toHaveProperty('metrics'),
  };
  const lines = tableBelow("The owner's command lines").map((cells) => [code(cells[0]), code(cells[1])] as const);

  it('are all there', () => {
    expect(lines.length).toBeGreaterThan(20);
    for (const [original, counterpart] of lines) expect(`${original}${counterpart}`).not.toBe('');
  });

  it.each(lines)('%s', { timeout: 240_000 }, async (_, line) => {
    const script = /^docker exec ethereum-trading-system npm (?:run )?(.+)$/.exec(line)?.[1];
    if (script !== undefined) {
      const scripts = (JSON.parse(readFileSync(resolve('package.json'), 'utf8')) as { scripts: Record<string, string> }).scripts;
      expect(scripts).toHaveProperty([script]);
    }
    const { code: exitCode, out, err } = await run(line);
    const [, check] = Object.entries(results).find(([part]) => line.endsWith(part)) ?? [];
    if (check) check(JSON.parse(out) as never, exitCode);
    else expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
  });
});

/** Their failures are told as `<job>_failed`. */
const JOBS = ['decision', 'training', 'health', 'extraction', 'backup', 'retention'];

describe('docs/operations.md', () => {
  const rules = (
    parse(readFileSync(resolve('deploy/prometheus/alerts.yml'), 'utf8')) as {
      groups: { rules: { alert: string; annotations: { runbook: string } }[] }[];
    }
  ).groups.flatMap((group) => group.rules);

  it('has a runbook for every alert, where the alert says', () => {
    const headings = [...text.matchAll(/^### (Ets\w+)$/gm)].map((match) => match[1]!);
    expect(headings).toEqual(rules.map(({ alert }) => alert));
    for (const { alert, annotations } of rules) expect(annotations.runbook).toBe(`docs/operations.md#${alert.toLowerCase()}`);
  });

  it('names every message that the daemon raises', () => {
    const files = readdirSync(resolve('src'), { recursive: true, withFileTypes: true }).filter(
      (entry) => entry.isFile() && entry.name.endsWith('.ts') && !/\.(test|contract|fixture)\.ts$/.test(entry.name),
    );
    const texts = files.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));
    // An alert is an object with a name and, a few fields on, a severity.
    const literal = /\bname: (?:\w+ \? '([a-z_]+)' : )?'([a-z_]+)',(?:(?!\bname:)[^{}]|\$\{[^}]*\}){0,240}?\bseverity\b/g;
    const raised = new Set([
      ...texts.flatMap((text) =>
        [...text.matchAll(literal)].flatMap((match) => match.slice(1).filter((one) => one !== undefined)),
      ),
      ...JOBS.map((job) => `${job}_failed`),
    ]);
    const documented = new Set(
      tableBelowMessages().flatMap((cell) => [...cell.matchAll(/`([a-z_]+)`/g)].map((match) => match[1]!)),
    );
    expect([...raised].sort()).toEqual([...documented].sort());
  });

  const tableBelowMessages = () =>
    (text.split('### Messages of the daemon\n')[1] ?? '')
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .map((line) => line.split('|')[1]!);
});
