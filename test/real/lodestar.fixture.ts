import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** A real Beacon node with a chain of its own, on loopback. */
export interface Lodestar {
  readonly url: string;
  readonly validators: number;
  /** Resolves when the chain's newest block is of this slot or a later one. */
  reached(slot: number): Promise<void>;
  /** Resolves when the chain's finalised epoch is at least this. */
  finalized(epoch: number): Promise<void>;
  close(): Promise<void>;
}

const BINARY = fileURLToPath(new URL('node_modules/.bin/lodestar', import.meta.url));
const VALIDATORS = 8;
export const SLOT_S = 1;
/** The minimal preset. */
export const SLOTS_PER_EPOCH = 8;
const START_UP_MS = 15_000;

interface Head {
  readonly header: { readonly message: { readonly slot: string } };
}
interface Finality {
  readonly finalized: { readonly epoch: string };
}

/** What lodestar needs of newer platforms, and a clock by which its chain begins at `genesisMs`. */
const preload = (genesisMs: number) => `
Promise.withResolvers ??= () => {
  let resolve, reject;
  const promise = new Promise((...both) => { [resolve, reject] = both; });
  return { promise, resolve, reject };
};
const RealDate = Date;
const shiftMs = ${genesisMs - START_UP_MS} - RealDate.now();
globalThis.Date = class extends RealDate {
  constructor(...given) { given.length === 0 ? super(RealDate.now() + shiftMs) : super(...given); }
  static now() { return RealDate.now() + shiftMs; }
};
`;

/** Starts a chain with slots of a second whose clock says `genesisMs` when it begins. */
export async function startLodestar(genesisMs: number): Promise<Lodestar> {
  const folder = await mkdtemp(join(tmpdir(), 'ets-lodestar-'));
  const script = join(folder, 'preload.cjs');
  await writeFile(script, preload(genesisMs));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const flags: Record<string, string | number> = {
    genesisValidators: VALIDATORS,
    startValidators: `0..${VALIDATORS - 1}`,
    genesisTime: genesisMs / 1_000,
    dataDir: join(folder, 'data'),
    'rest.port': port,
    beaconNodes: url,
    port: await freePort(),
    'params.SECONDS_PER_SLOT': SLOT_S,
  };
  const given = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
  const child = spawn(process.execPath, ['--require', script, BINARY, 'dev', '--rest', '--reset', ...given], {
    cwd: folder,
    stdio: 'ignore',
  });
  const get = async (path: string) => ((await (await fetch(`${url}/eth/v1${path}`)).json()) as { data: Head & Finality }).data;
  const until = async (wanted: number, ask: () => Promise<number>) => {
    for (let now = -1; now < wanted; now = await ask().catch(() => -1)) {
      if (child.exitCode !== null) throw new Error(`lodestar ended with ${child.exitCode}`);
      await wait(500);
    }
  };
  return {
    url,
    validators: VALIDATORS,
    reached: (slot) => until(slot, async () => Number((await get('/beacon/headers/head')).header.message.slot)),
    finalized: (epoch) =>
      until(epoch, async () => Number((await get('/beacon/states/head/finality_checkpoints')).finalized.epoch)),
    async close() {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}
