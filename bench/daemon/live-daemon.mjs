// A simulated world with a small model trained on it, and daemons on its data directory.
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const SETTINGS = [
  'model.trainDays=80',
  'gate.windowDays=30',
  'model.trees=20',
  'server.port=0',
  'server.requestsPerMinute=1000000',
];

/**
 * Everything lies in `folder` and is ended by `close`.
 * @param speed world seconds a second; 0 stands still
 * @param env added to the environment
 */
export async function liveWorld(folder, speed, env = {}) {
  const children = new Set();
  const launch = (args) => {
    const child = spawn(process.execPath, [main, ...args, '--json'], {
      cwd: folder,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    children.add(child);
    child.out = '';
    child.stdout.on('data', (text) => {
      child.out += text;
    });
    child.ended = new Promise((done) => child.on('close', (code) => done(code)));
    void child.ended.then(() => children.delete(child));
    return child;
  };
  const ready = async (child) => {
    const line = new Promise((done) => {
      const look = () => child.out.includes('\n') && done(JSON.parse(child.out.slice(0, child.out.indexOf('\n'))));
      child.stdout.on('data', look);
    });
    const ended = child.ended.then((code) => Promise.reject(new Error(`ended with ${code} before it was ready: ${child.out}`)));
    return Promise.race([line, ended]);
  };
  const world = ['sandbox', '--seed', '5', '--start', '2024-01-01', '--edge', '0.3', '--speed', String(speed)];
  const { urls } = await ready(launch(world));
  writeFileSync(join(folder, 'ends.json'), JSON.stringify({ urls }));
  const set = SETTINGS.flatMap((setting) => ['--set', setting]);
  const ets = (...args) => launch([...args, '--endpoints', 'ends.json', '--data-dir', 'data', ...set]);
  for (const args of [
    ['backfill', '--start', '2023-09-05', '--end', '2023-12-31'],
    ['train', '--no-fetch'],
  ]) {
    const child = ets(...args);
    const code = await child.ended;
    if (code !== 0) throw new Error(`ets ${args[0]} ended with ${code}: ${child.out}`);
  }
  return {
    ets,
    control: urls.control,
    /** A daemon that is ready, with the milliseconds that took. */
    async daemon(...args) {
      const start = performance.now();
      const child = ets('run', ...args);
      const { url, pid } = await ready(child);
      return { child, url, pid, readyMs: Math.round(performance.now() - start) };
    },
    decisionRuns: () =>
      JSON.parse(readFileSync(join(folder, 'data/schedule.json'), 'utf8')).runs.filter(({ job }) => job === 'decision'),
    async close() {
      const last = [...children];
      for (const child of last) child.kill('SIGKILL');
      await Promise.all(last.map(({ ended }) => ended));
    },
  };
}

export const residentMb = (pid) =>
  Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024);
