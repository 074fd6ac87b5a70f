import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { startSandbox } from '../src/sandbox/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'ets-scrape-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('GET /metrics of a daemon that has decided', () => {
  it('shows every source, the parts of the decision, refused rows and the queue of each stream', {
    timeout: 120_000,
  }, async () => {
    // Five minutes before the decision, sixty times as fast. The schedule is older: a daemon that is ready only after the due
    // time makes the decision late, and has not missed nothing as a new one has.
    const startMs = Date.UTC(2024, 0, 1, 22, 55);
    const sinceMs = startMs - 3_600_000;
    mkdirSync(join(folder, 'data'));
    writeFileSync(
      join(folder, 'data/schedule.json'),
      JSON.stringify({ sinceMs, lastDueMs: {}, firstSeenMs: { decision: sinceMs }, runs: [] }),
    );
    const sandbox = await startSandbox({ seed: 5, startMs, edge: 0, speed: 60, blockSpacingMs: 3_600_000 });
    writeFileSync(join(folder, 'ends.json'), JSON.stringify({ urls: sandbox.urls }));
    const args = ['run', '--json', '--data-dir', join(folder, 'data'), '--endpoints', join(folder, 'ends.json')];
    const child = spawn(process.execPath, [resolve('dist/cli/main.js'), ...args, '--set', 'server.port=0'], { cwd: folder });
    const ended = new Promise((done) => child.on('close', done));
    try {
      const { url } = await new Promise<{ url: string }>((ready) =>
        child.stdout.once('data', (text: Buffer) => ready(JSON.parse(text.toString()) as { url: string })),
      );
      const scrape = async () => (await fetch(`${url}/metrics`)).text();
      const phase = /ets_phase_duration_seconds_count\{job="decision",phase="reconcile"\} 1/;
      await expect.poll(scrape, { timeout: 90_000, interval: 500 }).toMatch(phase);
      const text = await scrape();
      for (const part of ['fetch', 'ownData', 'decideAndOrder', 'reconcile'])
        expect(text).toContain(`ets_phase_duration_seconds_count{job="decision",phase="${part}"} 1`);
      for (const metric of ['ets_source_duration_seconds_count', 'ets_source_runs_total', 'ets_source_success_age_seconds'])
        expect(
          new Set([...text.matchAll(new RegExp(`^${metric}\\{source="([^"]+)"`, 'gm'))].map(([, name]) => name)).size,
          metric,
        ).toBeGreaterThan(3);
      expect(text).toMatch(/^ets_quarantine_rows \d+$/m);
      expect(text).toMatch(/^ets_queue_messages\{queue="stream:[^"]+"\} \d+$/m);
    } finally {
      child.kill('SIGTERM');
      await ended;
      await sandbox.close();
    }
  });
});
