import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DAY_MS } from '../../src/domain/index.ts';
import { DRILL_TIMEOUT_MS, Drill, preparedData } from './drill.fixture.ts';

/** Preloaded into the daemon: names are not resolved while a file is there. */
const dnsSwitch = (file: string) => `
  import dns from 'node:dns';
  import { existsSync } from 'node:fs';
  const lookup = dns.lookup;
  dns.lookup = (name, options, done) => {
    if (/^[0-9.:]+$/.test(name) || !existsSync(${JSON.stringify(file)})) return lookup(name, options, done);
    const error = Object.assign(new Error('getaddrinfo EAI_AGAIN ' + name), { code: 'EAI_AGAIN', syscall: 'getaddrinfo' });
    process.nextTick(done ?? options, error);
  };`;

let base: Awaited<ReturnType<typeof preparedData>>;
let drill: Drill;
beforeAll(async () => {
  base = await preparedData({ train: true });
}, DRILL_TIMEOUT_MS);
afterAll(() => base.close());
const orders = async () =>
  ((await (await fetch(`${drill.sandbox.urls.control}/ledger`)).json()) as { orders: { clientOrderId: string }[] }).orders;

const decided = (days: number) => expect.poll(() => drill.decisions().length, { timeout: 120_000 }).toBeGreaterThanOrEqual(days);

const orderedMoreThan = (count: number) =>
  expect.poll(async () => (await orders()).length, { timeout: 120_000 }).toBeGreaterThan(count);

describe('what the daemon needs from elsewhere', () => {
  beforeEach(async () => {
    drill = await Drill.open({ speed: 0, from: base.folder });
  });
  afterEach(() => drill.close());

  it('the exchange, down a day: says so, trades nothing, and goes on by itself', { timeout: DRILL_TIMEOUT_MS }, async () => {
    const running = drill.launch('run');
    await decided(1);
    await drill.faults('binance:500');
    const before = await orders();
    await decided(drill.decisions().length + 1);
    expect(await orders()).toEqual(before);
    await drill.faults();
    await orderedMoreThan(before.length);
    expect(await drill.stop(running)).toMatchObject({ code: 0 });
    const down = drill.told.of('exchange_down');
    expect(down[0]).toMatchObject({ severity: 'warning', detail: expect.stringContaining('Nothing is ordered until it does') });
    expect(down[0]?.title).not.toContain('signature');
    const titles = new Set(down.map(({ title }) => title));
    expect([...titles].filter((title) => !title.includes('the decision of'))).toHaveLength(1);
  });

  it('names, not resolved: says so, decides on what is there, and goes on by itself', { timeout: DRILL_TIMEOUT_MS }, async () => {
    const { control, ...urls } = drill.sandbox.urls;
    const named = Object.entries(urls).map(([source, url]) => [source, url.replace('127.0.0.1', 'localhost')]);
    drill.endpoints({ ...Object.fromEntries(named), control: control! });
    const isGone = join(drill.folder, 'no-dns');
    writeFileSync(join(drill.folder, 'dns.mjs'), dnsSwitch(isGone));
    drill.env = { NODE_OPTIONS: `--import=${join(drill.folder, 'dns.mjs')}` };
    const running = drill.launch('run');
    await decided(1);
    // What is connected needs no name: connections are cut first.
    await drill.faults('*:cut');
    writeFileSync(isGone, '');
    await expect.poll(() => drill.told.of('exchange_down').length, { timeout: 30_000 }).toBe(1);
    await drill.faults();
    const before = await orders();
    await decided(drill.decisions().length + 1);
    expect(await orders()).toEqual(before);
    rmSync(isGone);
    await orderedMoreThan(before.length);
    expect(await drill.stop(running)).toMatchObject({ code: 0 });
    const [down] = drill.told.of('exchange_down');
    expect(down).toMatchObject({
      title: expect.stringContaining('EAI_AGAIN'),
      detail: expect.stringContaining('Nothing is ordered'),
    });
  });

  it('the one who is told, away: messages wait, over a restart, and come once', { timeout: DRILL_TIMEOUT_MS }, async () => {
    drill.told.isDown = true;
    expect(await drill.launch('run', '--days', '2').ended).toMatchObject({ code: 0 });
    expect(drill.told.alerts).toEqual([]);
    drill.told.isDown = false;
    for (const days of [4, 5]) expect(await drill.launch('run', '--days', `${days}`).ended).toMatchObject({ code: 0 });
    const titles = drill.told.alerts.map(({ title }) => title);
    expect(new Set(titles).size).toBe(titles.length);
    const summaries = drill.told.of('daily_summary').map(({ title }) => title.slice(0, 10));
    expect(summaries.slice(0, 4)).toEqual(['2024-01-01', '2024-01-02', '2024-01-03', '2024-01-04']);
  });
});

describe('the clock', () => {
  afterEach(() => drill.close());
  const open = async (startMs: number) => {
    drill = await Drill.open({ speed: 1, startMs });
    const { control: _, ...urls } = drill.sandbox.urls;
    drill.endpoints(urls);
    const running = drill.launch('run');
    expect(await running.ready).not.toBeNull();
    return running;
  };
  const toldOf = (name: string) => expect.poll(() => drill.told.of(name), { timeout: 30_000 });

  it('a day ahead: says so, and goes on once it is right', { timeout: DRILL_TIMEOUT_MS }, async () => {
    const running = await open(Date.now() - DAY_MS);
    await toldOf('clock_wrong').toMatchObject([
      {
        severity: 'critical',
        title: expect.stringMatching(/clock is 8640\d\.\d s ahead of the exchange's/),
        detail: expect.stringContaining('Synchronise it'),
      },
    ]);
    drill.sandbox.clock.moveTo(Date.now());
    await toldOf('clock_right').toHaveLength(1);
    expect(await drill.stop(running)).toMatchObject({ code: 0 });
    expect(drill.decisions()).toEqual([]);
  });

  it('a day behind: says so', { timeout: DRILL_TIMEOUT_MS }, async () => {
    const running = await open(Date.now() + DAY_MS);
    await toldOf('clock_wrong').toMatchObject([{ title: expect.stringMatching(/ s behind the exchange's/) }]);
    expect(await drill.stop(running)).toMatchObject({ code: 0 });
  });
});
