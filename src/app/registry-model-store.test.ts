import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRng, DAY_MS, ManualClock, normal } from '../domain/index.ts';
import {
  artifactSha256,
  ensembleSpecs,
  type GateVerdict,
  loadPlugin,
  MemoryWalkForwardCache,
  ModelRegistry,
  ModelTrainer,
  type Procedure,
} from '../model/index.ts';
import { modelProbe } from './health/trading-probes.ts';
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

async function candidate(seed: number, gate: GateVerdict, more: Partial<Procedure> = {}): Promise<Candidate> {
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
  const procedure = { trees: 10, folds: 3, purgeRows: 1, seed, ...more };
  const trainer = new ModelTrainer({ procedure, trainDays: 90, scoredDays: 7, threads: 1, cache: new MemoryWalkForwardCache() });
  const trainedUntilMs = START_MS + 82 * DAY_MS;
  const ensemble = await trainer.fit(set, trainedUntilMs);
  const artifact = ensemble.toBytes();
  const learners = ensembleSpecs(procedure, names);
  return {
    ...{ ensemble, artifact, artifactSha256: artifactSha256(artifact), trainedUntilMs, canonical: 'c', canonicalReason: 'r' },
    ...{ trainDays: 90, learners, rows: days, classes: [1, 1, 1], procedure, metrics: scores, baseline: scores, gate },
    skill: 'none',
    ...{ dataFingerprint: 'd', reliability: [], conformal: { coverage: 0.9, threshold: Number.POSITIVE_INFINITY } },
  };
}

const open = () => RegistryModelStore.open(new ModelRegistry(join(folder, 'models'), clock), () => undefined);

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

describe('a training that comes to the bytes of the serving model', () => {
  const rescored = async (gate: GateVerdict): Promise<Candidate> => ({
    ...(await candidate(1, gate)),
    skill: 'found',
    conformal: { coverage: 0.9, threshold: 0.6, scores: [0.6] },
  });
  const newest = { hasSkill: true, conformal: { threshold: 0.6, scores: [0.6] } };
  const scored = { ...scores, days: 40 };

  it('lends it its newer scores, here, after a restart and where another process serves', async () => {
    const store = await open();
    const first = await store.add({ ...(await candidate(1, verdict('promoted'))), metrics: scored });
    expect(first).toMatchObject({ hasSkill: false, conformal: { threshold: Number.POSITIVE_INFINITY } });
    const elsewhere = await open();
    const again = await store.add({ ...(await rescored(verdict('kept'))), metrics: scored });
    expect(again).toMatchObject({ modelId: first.modelId, ...newest });
    expect((await open()).current()).toMatchObject(newest);
    expect(elsewhere.current()).toMatchObject({ hasSkill: false });
    await elsewhere.reload();
    expect(elsewhere.current()).toMatchObject(newest);
    const serving = elsewhere.current();
    await elsewhere.reload();
    expect(elsewhere.current()).toBe(serving);
  });
});

describe('a model that cannot be used', () => {
  let told: [why: string, whose: string][];
  const opened = async (way: 'open' | 'openOrWithout' = 'openOrWithout') => {
    told = [];
    return RegistryModelStore[way](registryOf(), (why, whose) => told.push([whose, why]));
  };
  const registryOf = () => new ModelRegistry(join(folder, 'models'), clock);
  const fileOf = (modelId: string, name: string) => join(folder, 'models', modelId, name);

  /** Two models that served, one after the other, and a third on trial. */
  async function threeModels() {
    const store = await open();
    const first = (await store.add(await candidate(1, verdict('promoted')))).modelId;
    const second = (await store.add(await candidate(2, verdict('promoted')))).modelId;
    await store.add(await candidate(3, verdict('challenger')));
    return { first, second, third: store.challenger()!.model.modelId };
  }

  /** Puts other bytes into a version, as a program that writes them would: with their checksum. */
  function rewrite(modelId: string, bytes: Uint8Array): void {
    writeFileSync(fileOf(modelId, 'artifact.bin'), bytes);
    const manifest = JSON.parse(readFileSync(fileOf(modelId, 'manifest.json'), 'utf8')) as object;
    writeFileSync(fileOf(modelId, 'manifest.json'), JSON.stringify({ ...manifest, artifactSha256: artifactSha256(bytes) }));
  }
  const ensemble = (body: string) => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(body.length);
    return Buffer.concat([Buffer.from('ETS-ENSEMBLE-1\n'), length, Buffer.from(body)]);
  };

  it.each([
    ['a newer artifact', Buffer.from('ETS-ENSEMBLE-9\nsomething else'), 'not an ensemble of this version'],
    ['a head that is no JSON', ensemble('{"feature'), 'the header of the artifact cannot be read'],
    ['a stack of another form', ensemble('{"featureNames":["a"],"classShares":[1,0,0]}'), 'not a stored model'],
  ])('because of %s: its predecessor serves, and it is told once', async (_, bytes, why) => {
    const { first, second, third } = await threeModels();
    rewrite(second, bytes);
    for (const way of ['open', 'openOrWithout'] as const) {
      const store = await opened(way);
      expect([store.current()?.modelId, store.challenger()?.model.modelId]).toEqual([first, third]);
      await store.reload();
      expect(told).toEqual([['current', expect.stringMatching(`^serving ${first} instead: model ${second}: .*${why}`)]]);
      expect(store.warnings).toEqual([told[0]![1]]);
    }
    const parts = { clock } as unknown as Parameters<typeof modelProbe.look>[0];
    expect(await modelProbe.look(parts, registryOf())).toMatchObject({
      status: 'degraded',
      detail: expect.stringContaining(`${first} stands in`),
    });
  });

  it('because of a newer manifest: the same', async () => {
    const { first, second } = await threeModels();
    writeFileSync(fileOf(second, 'manifest.json'), JSON.stringify({ version: 99, modelId: second }));
    expect((await opened()).current()?.modelId).toBe(first);
    expect(told).toEqual([['current', expect.stringContaining('was written by a newer version')]]);
  });

  it('because its plug-in was changed: the same, and as challenger it is left out', async () => {
    const path = join(folder, 'thirds.mjs');
    const plugin = (power: string) =>
      writeFileSync(
        path,
        `export const fit = () => new Uint8Array(1);
         export const load = () => ({ rows }) => new Float64Array(3 * rows).fill(1 / 3); // ${power}`,
      );
    plugin('one');
    const plugins = [{ ref: await loadPlugin('thirds', path), settings: {} }];
    const store = await open();
    const first = await store.add(await candidate(1, verdict('promoted')));
    await store.add(await candidate(2, verdict('promoted'), { plugins }));
    await store.add(await candidate(3, verdict('challenger'), { plugins }));
    plugin('two');
    await loadPlugin('thirds', path);
    const again = await opened();
    expect(again.current()?.modelId).toBe(first.modelId);
    expect(again.challenger()).toBeUndefined();
    expect(told).toEqual([
      ['current', expect.stringContaining('the plug-in thirds is not the one the model was made with')],
      ['challenger', expect.stringContaining('the plug-in thirds is not the one the model was made with')],
    ]);
  });

  it.each([
    ['damaged', (third: string) => writeFileSync(fileOf(third, 'artifact.bin'), 'noise'), 'are damaged'],
    ['of a newer form', (third: string) => rewrite(third, Buffer.from('ETS-ENSEMBLE-9\n')), 'not an ensemble of this version'],
    ['gone', (third: string) => rmSync(join(folder, 'models', third), { recursive: true }), 'there is no model'],
    ['not named', () => writeFileSync(join(folder, 'models', 'challenger.json'), '{'), 'challenger.json cannot be read'],
  ])(
    'as challenger, %s: it is told and left out, the current model serves, and the next takes its place',
    async (_, harm, why) => {
      const { second, third } = await threeModels();
      harm(third);
      const store = await opened();
      expect([store.current()?.modelId, store.challenger()]).toEqual([second, undefined]);
      expect(told).toEqual([['challenger', expect.stringContaining(why)]]);
      expect(store.warnings).toEqual([told[0]![1]]);
      await store.add(await candidate(4, verdict('challenger')));
      await store.reload();
      expect(store.warnings).toEqual([]);
      const again = await opened();
      expect(again.challenger()?.model.modelId).toBe(store.challenger()?.model.modelId);
      expect(told).toEqual([]);
    },
  );

  it('and there is no other: decisions hold until a training, and a sound challenger stays', async () => {
    const { first, second, third } = await threeModels();
    for (const modelId of [first, second]) rewrite(modelId, Buffer.from('ETS-ENSEMBLE-9\n'));
    await expect(opened('open')).rejects.toMatchObject({ code: 'registry.no_usable_model' });
    const store = await opened();
    expect([store.current(), store.challenger()?.model.modelId]).toEqual([undefined, third]);
    expect(told).toEqual([['current', expect.stringContaining('decisions hold until a new one is trained')]]);
  });
});

describe('what is written down of a model', () => {
  const manifestFile = (modelId: string) => join(folder, 'models', modelId, 'manifest.json');
  type Fields = Record<string, unknown>;
  function rewrite(modelId: string, change: (manifest: Fields) => Fields): void {
    const manifest = JSON.parse(readFileSync(manifestFile(modelId), 'utf8')) as Fields;
    writeFileSync(manifestFile(modelId), JSON.stringify(change(manifest)));
  }
  const look = () => {
    const parts = { clock: new ManualClock(START_MS + 85 * DAY_MS) } as unknown as Parameters<typeof modelProbe.look>[0];
    return modelProbe.look(parts, new ModelRegistry(join(folder, 'models'), clock));
  };

  it('names every learner with its settings as they took effect, and the program', async () => {
    const store = await open();
    const learners = { 'logistic-regression': { l2: 7 } };
    const { modelId } = await store.add(await candidate(5, verdict('promoted'), { learners }));
    const manifest = await new ModelRegistry(join(folder, 'models'), clock).show(modelId);
    expect(Object.keys(manifest.learners?.base ?? {})).toEqual(['boosting', 'forest', 'extraTrees', 'linear']);
    expect(manifest.learners).toMatchObject({
      base: {
        boosting: {
          kind: 'boosting',
          maxBins: 31,
          growth: { rounds: 10, learningRate: 0.03, maxLeaves: 7, maxDepth: null, seed: 5 },
        },
        forest: { kind: 'forest', growth: { trees: 10, minLeafSamples: 5, seed: 6 } },
        extraTrees: { kind: 'forest', growth: { trees: 10, seed: 7 } },
        linear: { kind: 'logistic', penalty: { l2: 7 } },
      },
      meta: { kind: 'pool', priorRows: 10 },
    });
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
    expect(manifest.programVersion).toBe(version);
    expect(readFileSync(join(folder, 'models', modelId, 'MODEL.md'), 'utf8')).toContain('"learningRate":0.03');
  });

  it('may lack what earlier programs did not write', async () => {
    const store = await open();
    const [a, b] = [
      await store.add(await candidate(1, verdict('promoted'))),
      await store.add(await candidate(2, verdict('promoted'))),
    ];
    rewrite(b.modelId, ({ learners: _, programVersion: __, ...rest }) => rest);
    const again = await open();
    expect(again.current()).toMatchObject({ modelId: b.modelId, trainDays: 90 });
    expect(await look()).toMatchObject({ status: 'ok' });
    const { differences } = await new ModelRegistry(join(folder, 'models'), clock).compare(a.modelId, b.modelId);
    expect(differences).toContainEqual({ name: 'programVersion', a: expect.any(String), b: null });
    expect(differences.map(({ name }) => name)).toContain('learners.boosting');
  });

  it('tells where features are computed by other code by now', async () => {
    const store = await open();
    const { modelId } = await store.add(await candidate(1, verdict('promoted')));
    expect(await look()).toMatchObject({ status: 'ok' });
    rewrite(modelId, (manifest) => ({ ...manifest, featureCodeHash: 'f'.repeat(64) }));
    expect(await look()).toMatchObject({
      status: 'degraded',
      detail: expect.stringMatching(`^${modelId}: it was trained on features of other code \\(ffffffffffff\\)`),
      remedy: expect.stringContaining('ets train'),
    });
    expect((await open()).current()?.featureCodeHash).toBe('f'.repeat(64));
    await store.add(await candidate(1, verdict('kept')));
    expect(await look()).toMatchObject({ status: 'ok' });
  });
});
