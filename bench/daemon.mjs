// The daemon: from start to ready, resident memory at rest (aim: under 150 MB), and a daily cycle by phase.

import { liveWorld, residentMb } from './daemon/live-daemon.mjs';
import { inTemporaryFolder, median } from './measure.mjs';

const STARTS = 3;
const REST_MS = 10_000;
const DAYS = 10;
/** As the image and the systemd unit have it. */
const DEPLOYED = { MALLOC_ARENA_MAX: '2', NODE_OPTIONS: '--max-semi-space-size=2' };

async function atRest(folder, env) {
  const world = await liveWorld(folder, 1, env);
  try {
    const starts = [];
    const resident = [];
    for (let i = 0; i < STARTS; i++) {
      const { child, pid, readyMs } = await world.daemon();
      starts.push(readyMs);
      await new Promise((rested) => setTimeout(rested, REST_MS));
      resident.push(residentMb(pid));
      child.kill('SIGTERM');
      await child.ended;
    }
    return { readyMs: median(starts), residentMb: median(resident) };
  } finally {
    await world.close();
  }
}

async function cycles(folder) {
  const world = await liveWorld(folder, 0);
  try {
    const { child } = await world.daemon('--days', String(DAYS));
    const code = await child.ended;
    if (code !== 0) throw new Error(`the daemon ended with ${code}: ${child.out}`);
    const runs = world.decisionRuns();
    const phases = Object.keys(runs[0].phasesMs);
    const ofPhase = phases.map((phase) => [phase, median(runs.map(({ phasesMs }) => phasesMs[phase]))]);
    return {
      cycles: runs.length,
      cycleMs: median(runs.map(({ durationMs }) => durationMs)),
      phasesMs: Object.fromEntries(ofPhase),
    };
  } finally {
    await world.close();
  }
}

export async function run() {
  const plain = await inTemporaryFolder((folder) => atRest(folder, {}));
  const deployed = await inTemporaryFolder((folder) => atRest(folder, DEPLOYED));
  return { plain, deployed, ...(await inTemporaryFolder(cycles)) };
}
