import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock, type Timer } from '../../domain/index.ts';
import { AuditLog } from './audit-log.ts';

const NOW = Date.UTC(2024, 0, 1);

let dataDir: string;
let nowMs: number;
let sleeping: { readonly untilMs: number; readonly wake: () => void } | undefined;
const timer: Timer = {
  elapsedMs: () => nowMs,
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      sleeping = { untilMs: nowMs + ms, wake: resolve };
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    }),
};
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'ets-audit-'));
  nowMs = 0;
  sleeping = undefined;
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const open = () => new AuditLog({ dataDir, clock: new ManualClock(NOW), timer }, { raise: () => expect.fail('no alert') });
const lines = () =>
  readFileSync(join(dataDir, 'audit.ndjson'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { what: string; from: string; status: number; count?: number });
const refused = (from = 'a', status = 401) => ({ what: 'POST /api/v1/halt', from, status });
const done = (what: string) => ({ what, from: 'a', status: 200 });

describe('AuditLog', () => {
  it('writes every change, in order, and a flood of refusals as a few lines', async () => {
    const audit = open();
    for (let request = 0; request < 3_000; request++) {
      audit.write(refused(request % 2 ? 'a' : 'b'));
      if (request % 1_000 === 0) audit.write(done(`change ${request}`));
    }
    await audit.close();
    const written = lines();
    expect(written.filter(({ status }) => status === 200).map(({ what }) => what)).toEqual([
      'change 0',
      'change 1000',
      'change 2000',
    ]);
    const refusals = written.filter(({ status }) => status === 401);
    expect(refusals.length).toBeLessThan(6);
    expect(refusals.reduce((sum, { count = 0 }) => sum + count, 0)).toBe(3_000);
    expect(new Set(refusals.map(({ from }) => from))).toEqual(new Set(['a', 'b']));
  });

  it('writes the first refusal at once and later ones together, and lets no change wait for them', async () => {
    const audit = open();
    audit.write(refused());
    for (let request = 0; request < 7; request++) audit.write(refused());
    await expect.poll(() => sleeping?.untilMs).toBe(10_000);
    expect(lines().map(({ count }) => count)).toEqual([1]);
    audit.write(done('halt'));
    await expect.poll(() => lines().length).toBe(2);
    nowMs = 10_000;
    sleeping?.wake();
    await expect.poll(() => lines().length).toBe(3);
    audit.write(refused());
    await audit.close();
    expect(lines().map(({ status, count }) => [status, count])).toEqual([
      [401, 1],
      [200, undefined],
      [401, 7],
      [401, 1],
    ]);
  });

  it('keeps no more apart than it has room for', async () => {
    const audit = open();
    for (let address = 0; address < 1_000; address++) audit.write(refused(`a${address}`, 429));
    await audit.close();
    const written = lines();
    expect(written).toHaveLength(202);
    expect(written.at(-1)).toMatchObject({ from: 'others', count: 799 });
  });
});
