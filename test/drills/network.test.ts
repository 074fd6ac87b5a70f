import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/domain/index.ts';
import { DRILL_TIMEOUT_MS, Drill, preparedData, START_MS } from './drill.fixture.ts';

const DECISION_MS = START_MS + 23 * HOUR_MS;
/** Preloaded into the daemon: names are not resolved while a file is there. */
const dnsSwitch = (file: string) => `
  import dns from 'node:dns';
  import { existsSync } from 'node:fs';
  const lookup = dns.lookup;
  dns.lookup = (name, options, done) => {
    if (!existsSync(${JSON.stringify(file)})) return lookup(name, options, done);
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

describe('what the daemon needs from elsewhere', () => {
  beforeEach(async () => {
    drill = await Drill.open({ speed: 0, from: base.folder });
  });
  afterEach(() => drill.close());

  it('the exchange, down a day: says so, trades nothing, and goes on by itself', { timeout: DRILL_TIMEOUT_MS }, async () => {
    expect(await drill.launch('run', '--days', '2').ended).toMatchObject({ code: 0 });
    const before = (await orders()).length;
    await drill.faults('binance:500');
    drill.told.alerts.length = 0;
    const down = drill.launch('run', '--days', '3');
    await down.ended;
    console.log(drill.told.alerts.map((a) => `${a.name} ${a.severity} ${a.title} | ${a.detail}`), (await down.ended).out, (await down.ended).err.slice(-1500));
    console.log(drill.decisions().map((d) => d.decision), (await orders()).length, before);
    await drill.faults();
    expect(await drill.launch('run', '--days', '4').ended).toMatchObject({ code: 0 });
    console.log(drill.told.alerts.map((a) => `${a.name} ${a.severity} ${a.title} | ${a.detail}`), drill.decisions().map((d) => d.decision), (await orders()).length);
  });

  it('names, not resolved: says so, decides on what is there, and goes on by itself', { timeout: DRILL_TIMEOUT_MS }, async () => {
    const { control, ...urls } = drill.sandbox.urls;
    const named = Object.entries(urls).map(([source, url]) => [source, url.replace('127.0.0.1', 'localhost')]);
    drill.endpoints({ ...Object.fromEntries(named), control: control! });
    const isGone = join(drill.folder, 'no-dns');
    writeFileSync(join(drill.folder, 'dns.mjs'), dnsSwitch(isGone));
    drill.env = { NODE_OPTIONS: `--import=${join(drill.folder, 'dns.mjs')}` };
    expect(await drill.launch('run', '--days', '1').ended).toMatchObject({ code: 0 });
    writeFileSync(isGone, '');
    drill.told.alerts.length = 0;
    const down = await drill.launch('run', '--days', '2').ended;
    console.log(drill.told.alerts.map((a) => `${a.name} ${a.severity} ${a.title} | ${a.detail}`), down.out, down.err.slice(-1500));
  });

  it('the one who is told, away: messages wait, over a restart, and come once', { timeout: DRILL_TIMEOUT_MS }, async () => {
    drill.told.isDown = true;
    expect(await drill.launch('run', '--days', '2').ended).toMatchObject({ code: 0 });
    expect(drill.told.alerts).toEqual([]);
    drill.told.isDown = false;
    expect(await drill.launch('run', '--days', '3').ended).toMatchObject({ code: 0 });
    console.log(drill.told.alerts.map((a) => `${a.name} ${a.severity} ${a.title} | ${a.detail}`));
  });
});

describe('the clock', () => {
  it.each([-1, 1])('wrong by %d day: says so, and trades nothing', { timeout: DRILL_TIMEOUT_MS }, async (days) => {
    drill = await Drill.open({ speed: 1, startMs: Date.now() - days * DAY_MS });
    const { control, ...urls } = drill.sandbox.urls;
    drill.endpoints(urls);
    const { json } = await drill.ets('check-status');
    console.log(JSON.stringify(json, null, 1), control, MINUTE_MS, DECISION_MS);
    await drill.close();
  });
});
