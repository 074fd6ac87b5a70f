import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { TimeMs } from '../../src/domain/index.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';

export const START_MS = Date.UTC(2024, 0, 1);
export const DRILL_TIMEOUT_MS = 240_000;
/** A small model that trades often, so that there is an order path to disturb. */
const SETTINGS = [
  'model.trainDays=80',
  'gate.windowDays=30',
  'model.trees=20',
  'strategy.confidenceThreshold=0.34',
  'server.port=0',
  'streams.enabled=false',
  // Looking again and again at what is away takes its time.
  'exchange.reconcileEveryMinutes=360',
  'extraction.sourceDayTimeoutS=3',
];

/** What a channel was sent: name, severity, title, and what to do. */
export interface SentAlert {
  readonly name: string;
  readonly severity: string;
  readonly title: string;
  readonly detail: string;
  readonly key: string;
  readonly atMs: TimeMs;
}

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Running {
  readonly child: ChildProcess;
  /** The first line of JSON of a command that goes on running; null where it ended before. */
  readonly ready: Promise<{ readonly url: string } | null>;
  readonly ended: Promise<Ended>;
}

export interface DrillOptions {
  /** World seconds a second; 0 stands still. */
  readonly speed: number;
  /** A data directory to begin with, copied. */
  readonly from?: string;
  /** Where the world's time begins, where it is not the simulated one of `START_MS`. */
  readonly startMs?: TimeMs;
}

/** A webhook that can be taken down and brought back. */
export class Receiver {
  readonly alerts: SentAlert[] = [];
  isDown = false;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer(async (request, reply) => {
      let text = '';
      for await (const chunk of request) text += String(chunk);
      if (this.isDown) {
        reply.writeHead(503).end();
        return;
      }
      this.alerts.push(JSON.parse(text) as SentAlert);
      reply.end();
    });
  }

  static async listen(): Promise<Receiver> {
    const receiver = new Receiver();
    await new Promise<void>((listening) => receiver.#server.listen(0, '127.0.0.1', listening));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  of(name: string): SentAlert[] {
    return this.alerts.filter((one) => one.name === name);
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

/** A simulated world, a data directory, somebody who is told, and the built program as a user runs it. */
export class Drill {
  readonly folder = mkdtempSync(join(tmpdir(), 'ets-drill-'));
  readonly sandbox: Sandbox;
  readonly told: Receiver;
  /** Put before the command: a namespace that it runs in. */
  prefix: readonly string[] = [];
  /** Where the files of that namespace are seen from here. */
  root = '';
  env: Readonly<Record<string, string>> = {};
  /** Settings of this drill, over those of all. */
  settings: readonly string[] = [];
  readonly #children = new Set<ChildProcess>();

  private constructor(sandbox: Sandbox, told: Receiver) {
    this.sandbox = sandbox;
    this.told = told;
    this.endpoints(sandbox.urls);
  }

  static async open({ speed, from, startMs = START_MS }: DrillOptions): Promise<Drill> {
    const sandbox = await startSandbox({ seed: 5, startMs, edge: 0.5, speed, blockSpacingMs: 3_600_000 });
    const drill = new Drill(sandbox, await Receiver.listen());
    if (from !== undefined) cpSync(from, drill.dataDir, { recursive: true });
    return drill;
  }

  get dataDir(): string {
    return join(this.folder, 'data');
  }

  path(name: string): string {
    return join(this.dataDir, name);
  }

  endpoints(urls: Readonly<Record<string, string>>): void {
    writeFileSync(join(this.folder, 'ends.json'), JSON.stringify({ urls }));
  }

  async faults(...faults: string[]): Promise<void> {
    await fetch(`${this.sandbox.urls.control}/faults`, { method: 'POST', body: JSON.stringify({ faults }) });
  }

  /** Sets the clock of the host so far ahead of the world's time, behind it where negative. */
  async setHost(hostAheadMs: number): Promise<void> {
    await fetch(`${this.sandbox.urls.control}/clock`, { method: 'POST', body: JSON.stringify({ hostAheadMs }) });
  }

  launch(...args: string[]): Running {
    const common = ['--endpoints', join(this.folder, 'ends.json'), '--data-dir', this.dataDir, '--json'];
    const set = [...SETTINGS, ...this.settings].flatMap((setting) => ['--set', setting]);
    const line = [...this.prefix, process.execPath, resolve('dist/cli/main.js'), ...args, ...common, ...set];
    const env = { ...process.env, ETS_WEBHOOK_URL: this.told.url, ...this.env };
    const child = spawn(line[0]!, line.slice(1), { cwd: this.folder, env });
    this.#children.add(child);
    let out = '';
    let err = '';
    child.stderr.on('data', (text: Buffer) => {
      err += text.toString();
    });
    const ended = new Promise<Ended>((done) => {
      child.on('close', (code) => {
        this.#children.delete(child);
        done({ code, out, err });
      });
    });
    const ready = new Promise<{ url: string } | null>((done) => {
      child.stdout.on('data', (text: Buffer) => {
        out += text.toString();
        if (!out.includes('\n')) return;
        const first = JSON.parse(out.slice(0, out.indexOf('\n'))) as { url?: string };
        done(first.url === undefined ? null : { url: first.url });
      });
      void ended.then(() => done(null));
    });
    return { child, ready, ended };
  }

  /** Runs a command to its end; its JSON. */
  async ets(...args: string[]): Promise<Ended & { readonly json: unknown }> {
    const ended = await this.launch(...args).ended;
    return { ...ended, json: JSON.parse(ended.out) as unknown };
  }

  /** The days decided so far, oldest first. */
  decisions(): { decisionId: string; decisionTimeMs: TimeMs; modelId: string | null }[] {
    return linesOf(this.root + this.path('trades/decisions.ndjson'));
  }

  async stop({ child, ended }: Running): Promise<Ended> {
    child.kill('SIGTERM');
    return ended;
  }

  async close(): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL');
    this.told.close();
    await this.sandbox.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function linesOf<T>(path: string): T[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as T);
}

/** A data directory with history up to `START_MS` and, where asked, a model; made once for the drills of a file. */
export async function preparedData({ train }: { readonly train: boolean }): Promise<{ folder: string; close(): Promise<void> }> {
  const drill = await Drill.open({ speed: 0 });
  const filled = await drill.ets('backfill', '--start', '2023-09-05', '--end', '2023-12-31');
  if (filled.code !== 0) throw new Error(`backfill ended with ${filled.code}: ${filled.out}`);
  if (train) {
    const trained = await drill.ets('train', '--no-fetch');
    if (trained.code !== 0) throw new Error(`train ended with ${trained.code}: ${trained.out}`);
  }
  return { folder: drill.dataDir, close: () => drill.close() };
}
