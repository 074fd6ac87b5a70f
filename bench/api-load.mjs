// 500 requests a second for a minute at the API of a daemon that makes a decision every few seconds: how long replies take,
// measured from when each request was due, and whether decisions take longer than without the load.
import { Agent, request } from 'node:http';
import { liveWorld } from './daemon/live-daemon.mjs';
import { inTemporaryFolder, median } from './measure.mjs';

const PER_SECOND = 500;
const SECONDS = 60;
/** A day in 12 seconds. */
const SPEED = 7_200;
const SOCKETS = 64;
const PATHS = ['/healthz', '/api/v1/status', '/api/v1/decisions', '/api/v1/orders', '/api/v1/positions', '/api/v1/equity'];

const get = (url, agent) =>
  new Promise((done) => {
    request(url, { agent }, (reply) => {
      reply.resume();
      reply.on('end', () => done(reply.statusCode));
    })
      .on('error', () => done(0))
      .end();
  });

/** Requests at fixed times, whatever the replies do. */
async function load(url) {
  const agent = new Agent({ keepAlive: true, maxSockets: SOCKETS });
  const total = PER_SECOND * SECONDS;
  const latency = new Float64Array(total);
  const statuses = {};
  const started = performance.now();
  const under = [];
  for (let i = 0; i < total; ) {
    const due = Math.min(total, Math.floor(((performance.now() - started) / 1_000) * PER_SECOND) + 1);
    for (; i < due; i++) {
      const at = i;
      const dueMs = started + (1_000 * at) / PER_SECOND;
      under.push(
        get(url + PATHS[at % PATHS.length], agent).then((status) => {
          latency[at] = performance.now() - dueMs;
          statuses[status] = (statuses[status] ?? 0) + 1;
        }),
      );
    }
    await new Promise((next) => setTimeout(next, 1));
  }
  await Promise.all(under);
  agent.destroy();
  const seconds = (performance.now() - started) / 1_000;
  latency.sort();
  const at = (share) => Math.round(latency[Math.min(total - 1, Math.floor(share * total))] * 10) / 10;
  return { requestsPerS: Math.round(total / seconds), statuses, p50Ms: at(0.5), p99Ms: at(0.99), worstMs: at(1) };
}

export function run() {
  return inTemporaryFolder(async (folder) => {
    const world = await liveWorld(folder, SPEED);
    try {
      const { url } = await world.daemon();
      const pause = (ms) => new Promise((over) => setTimeout(over, ms));
      await pause(SECONDS * 1_000);
      const quiet = world.decisionRuns();
      const loaded = await load(url);
      const busy = world.decisionRuns().slice(quiet.length);
      const of = (runs) => ({ decisions: runs.length, cycleMs: median(runs.map(({ durationMs }) => durationMs)) });
      return { ...loaded, without: of(quiet), with: of(busy), failed: busy.filter(({ outcome }) => outcome !== 'done').length };
    } finally {
      await world.close();
    }
  });
}
