import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { HOUR_MS, MINUTE_MS } from '../../src/domain/index.ts';
import { DRILL_TIMEOUT_MS, Drill, preparedData, START_MS } from './drill.fixture.ts';

const SMALL_DISK_MB = 64;
/** A namespace of one's own in which a small disk can be mounted, without rights on this machine. */
const NAMESPACE = ['unshare', '--user', '--map-root-user', '--mount', '--propagation', 'private'];
const canMount = spawnSync(NAMESPACE[0]!, [...NAMESPACE.slice(1), 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;

let base: Awaited<ReturnType<typeof preparedData>>;
let drill: Drill;
let disk: SmallDisk;
beforeAll(async () => {
  if (canMount) base = await preparedData({ train: false });
}, DRILL_TIMEOUT_MS);
afterAll(() => base?.close());

/** A disk of its own for the data directory of a drill. */
class SmallDisk {
  readonly #drill: Drill;
  readonly #holder = spawn(NAMESPACE[0]!, [...NAMESPACE.slice(1), 'sh', '-c', 'echo in; exec sleep 600']);

  private constructor(drill: Drill) {
    this.#drill = drill;
  }

  static async mount(drill: Drill, from: string): Promise<SmallDisk> {
    mkdirSync(drill.dataDir);
    const disk = new SmallDisk(drill);
    await new Promise((ready) => disk.#holder.stdout.once('data', ready));
    drill.prefix = ['nsenter', '--preserve-credentials', '--user', '--mount', '-t', String(disk.#holder.pid)];
    drill.root = `/proc/${disk.#holder.pid}/root`;
    disk.sh(`mount -t tmpfs -o size=${SMALL_DISK_MB}m none "${drill.dataDir}"; cp -r "${from}/." "${drill.dataDir}"`);
    return disk;
  }

  sh(script: string): void {
    const [command, ...args] = [...this.#drill.prefix, 'sh', '-c', script];
    execFileSync(command!, args, { stdio: 'ignore' });
  }

  fill(): void {
    this.sh(`cat /dev/zero >"${this.#drill.dataDir}/filler" || true`);
  }

  empty(): void {
    this.sh(`rm "${this.#drill.dataDir}/filler"`);
  }

  remount(how: 'ro' | 'rw'): void {
    this.sh(`mount -o remount,${how} "${this.#drill.dataDir}"`);
  }

  unmount(): void {
    this.#holder.kill('SIGKILL');
  }
}

describe.skipIf(!canMount)('the disk (where a namespace can mount one)', () => {
  beforeEach(async () => {
    drill = await Drill.open({ speed: 60 });
    disk = await SmallDisk.mount(drill, base.folder);
  });
  afterEach(async () => {
    await drill.close();
    disk.unmount();
  });

  it('full: says so, loses nothing, and decides once there is room', { timeout: DRILL_TIMEOUT_MS }, async () => {
    const running = drill.launch('run');
    expect(await running.ready).not.toBeNull();
    disk.fill();
    drill.sandbox.clock.moveTo(START_MS + 23 * HOUR_MS - MINUTE_MS);
    await expect.poll(() => drill.told.of('decision_failed').length, { timeout: 60_000 }).toBe(1);
    expect(drill.told.of('decision_failed')[0]).toMatchObject({
      severity: 'critical',
      title: expect.stringContaining('the disk is full'),
      detail: expect.stringMatching(/^storage\.disk_full: Free space/),
    });
    expect(drill.decisions()).toEqual([]);
    disk.empty();
    await expect.poll(() => drill.decisions().length, { timeout: 60_000 }).toBe(1);
    await expect.poll(() => drill.told.of('daily_summary').length, { timeout: 10_000 }).toBe(1);
    expect(drill.told.of('own_data')).toEqual([]);
    expect(drill.told.of('daemon_failed')).toEqual([]);
    expect(await drill.stop(running)).toMatchObject({ code: 0 });
    expect((await drill.ets('data', 'verify')).json).toMatchObject({ ok: true });
  });

  it('read-only: refuses to start, says why, and starts once it can write', { timeout: DRILL_TIMEOUT_MS }, async () => {
    disk.remount('ro');
    const refused = await drill.ets('run');
    expect(refused).toMatchObject({ code: 2, json: { error: { code: 'storage.not_writable' } } });
    expect(drill.told.of('daemon_failed')).toMatchObject([
      { severity: 'critical', detail: expect.stringMatching(/^storage\.not_writable: Make the data directory writable/) },
    ]);
    disk.remount('rw');
    const running = drill.launch('run');
    expect(await running.ready).not.toBeNull();
    expect(await drill.stop(running)).toMatchObject({ code: 0 });
  });
});
