import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRng, DAY_MS, ManualClock, normal } from '../domain/index.ts';
import { artifactSha256, type GateVerdict, MemoryWalkForwardCache, ModelRegistry, ModelTrainer } from '../model/index.ts';
import { RegistryModelStore } from './registry-model-store.ts';
import type { Candidate } from './retrain.ts';

const START_MS = Date.UTC(2023, 0, 1, 23);
const clock = new ManualClock(START_MS + 200 * DAY_MS);
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ets-models-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const scores = { accuracy: null, logLoss: null, brier: null, ece: null, days: 0 };
const verdict = (decision: GateVerdict['decision']): GateVerdict => ({ decision, reason: 'better', checks: [] });

async function candidate(seed: number, gate: GateVerdict): Promise<Candidate> {
  const rng = createRng(seed);
  const days = 80;
  const timeMs = Float64Array.from({ length: days }, (_, i) => START_MS + i * DAY_MS);
  const names = ['a', 'b'];
  const data = Float64Array.from({ length: days * 2 }, () => normal(rng));
  const label = Uint8Array.from({ length: days }, () => Math.floor(rng() * 3));
  const set = {
    names,
    timeMs,
    matrix: { data, rows: days, columns: 2, names },
    label,
    labelKnownMs: timeMs.map((t) => t + DAY_MS),
  };
  const procedure = { trees: 10, folds: 3, purgeRows: 1, seed };
  const trainer = new ModelTrainer({ procedure, trainDays: 90, scoredDays: 7, threads: 1, cache: new MemoryWalkForwardCache() });
  const trainedUntilMs = START_MS + 82 * DAY_MS;
  const ensemble = await trainer.fit(set, trainedUntilMs);
  const artifact = ensemble.toBytes();
  return {
    ...{ ensemble, artifact, artifactSha256: artifactSha256(artifact), trainedUntilMs, canonical: 'c', canonicalReason: 'r' },
    ...{ rows: days, classes: [1, 1, 1], procedure, metrics: scores, baseline: scores, gate },
    skill: 'none',
    ...{ dataFingerprint: 'd', reliability: [], conformal: { coverage: 0.9, threshold: Number.POSITIVE_INFINITY } },
  };
}

const open = () => RegistryModelStore.open(new ModelRegistry(join(folder, 'models'), clock), 90, () => undefined);

describe('a challenger', () => {
  it('does not serve, is still there after a restart, and serves once its trial says so', async () => {
    const store = await open();
    const first = await store.add(await candidate(1, verdict('promoted')));
    expect(await store.add(await candidate(2, verdict('challenger')))).toEqual(first);
    const again = await open();
    const challenger = again.challenger()!;
    expect(again.current()?.modelId).toBe(first.modelId);
    expect(challenger.model.modelId).not.toBe(first.modelId);
    expect(challenger.sinceMs).toBe(START_MS + 82 * DAY_MS);

    await again.endTrial(challenger, verdict('promoted'), clock.nowMs());
    expect(again.current()?.modelId).toBe(challenger.model.modelId);
    const later = await open();
    expect([later.current()?.modelId, later.challenger()]).toEqual([challenger.model.modelId, undefined]);
  });

  it('goes where its trial did not go well, and the verdict is kept', async () => {
    const store = await open();
    const first = await store.add(await candidate(1, verdict('promoted')));
    await store.add(await candidate(2, verdict('challenger')));
    const challenger = store.challenger()!;
    await store.endTrial(challenger, verdict('kept'), clock.nowMs());
    expect((await open()).current()?.modelId).toBe(first.modelId);
    expect(store.challenger()).toBeUndefined();
    const kept = readFileSync(join(folder, 'models', 'challengers.ndjson'), 'utf8').trim();
    expect(JSON.parse(kept)).toMatchObject({ modelId: challenger.model.modelId, verdict: { decision: 'kept' } });
  });
});
