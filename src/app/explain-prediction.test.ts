import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, openApp } from '../app.ts';
import { loadConfig } from '../config/index.ts';
import { createRng, DAY_MS, HOUR_MS, normal, systemClock } from '../domain/index.ts';
import { ModelRegistry } from '../model/index.ts';
import { BINANCE_ETHUSDT_FILTERS, type DecisionRecord, FileDecisionLog, filterTexts } from '../trading/index.ts';
import { serving } from './registry-model-store.ts';

const START_MS = Date.UTC(2023, 0, 1);
const untilMs = START_MS + 250 * DAY_MS;

let folder = '';
let app: App;

/** Hourly candles whose days turn round: after a rise of [23:00, 23:00) comes a fall, and the other way. */
function turningCandles(days: number): string {
  const rng = createRng(6);
  const lines = ['time,open,high,low,close,volume'];
  let close = 1_500;
  let opened = close;
  let pull = 0;
  for (let hour = 0; hour < 24 * days; hour++) {
    if (hour % 24 === 23) {
      pull = Math.log(close / opened) > 0 ? -0.0015 : 0.0015;
      opened = close;
    }
    const open = close;
    close *= Math.exp(pull + 0.004 * normal(rng));
    lines.push(
      [START_MS + hour * HOUR_MS, open, Math.max(open, close) * 1.0005, Math.min(open, close) * 0.9995, close, 900].join(','),
    );
  }
  return `${lines.join('\n')}\n`;
}

const overrides = ['model.threads=1', 'model.trees=10', 'model.folds=3', 'model.trainDays=200', 'gate.windowDays=30'];
const appWith = (...more: string[]) =>
  openApp({ dataDir: join(folder, 'data'), config: loadConfig({ env: {}, overrides: [...overrides, ...more] }), env: {} });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ets-explain-'));
  const file = join(folder, 'eth_usdt_1h_binance.csv');
  await writeFile(file, turningCandles(260));
  app = await appWith();
  await app.ingest([file], {});
});
afterAll(async () => {
  await app.close();
  await rm(folder, { recursive: true });
});

describe('explaining a prediction', () => {
  it('refuses while there is no model', async () => {
    await expect(app.explainPrediction(untilMs)).rejects.toMatchObject({ code: 'predict.no_model' });
  });

  it('adds up to what is predicted, by features and by families', async () => {
    await app.train({ untilMs, fetch: false });
    const atMs = untilMs + 5 * DAY_MS;
    const { probabilities } = await app.predict(atMs);
    const { base, features, families } = await app.explainPrediction(atMs);
    for (const k of [0, 1, 2] as const) {
      const byFeature = features.reduce((sum, { moved }) => sum + moved[k], base[k]);
      const byFamily = Object.values(families).reduce((sum, moved) => sum + moved[k], base[k]);
      expect(byFeature).toBeCloseTo(probabilities[k], 9);
      expect(byFamily).toBeCloseTo(probabilities[k], 9);
    }
    expect(features.some(({ moved }) => Math.abs(moved[0]) > 0.005)).toBe(true);
    expect(await app.explainPrediction(atMs)).toEqual({ base, features, families });
  });

  it('holds it against the window that the model was trained on, whatever the configuration says today', async () => {
    const atMs = untilMs + 5 * DAY_MS;
    const other = await appWith('model.trainDays=90');
    expect(await other.explainPrediction(atMs)).toEqual(await app.explainPrediction(atMs));
    await other.close();
  });

  it('warns of a model whose features were computed by other code', async () => {
    const [{ modelId } = { modelId: '' }] = await app.listModels();
    expect((await app.predict(untilMs)).warnings).toEqual([]);
    const file = join(folder, 'data', 'models', modelId, 'manifest.json');
    const text = await readFile(file, 'utf8');
    await writeFile(file, JSON.stringify({ ...JSON.parse(text), featureCodeHash: 'e'.repeat(64) }));
    expect((await app.predict(untilMs)).warnings).toEqual([
      expect.stringContaining(`model ${modelId}: it was trained on features of other code`),
    ]);
    await writeFile(file, text);
  });
});

describe('a training', () => {
  it('says which features of its settings are no columns of the model, and keeps its verdict', async () => {
    const other = await appWith('model.meta=logistic', 'model.passThrough=["no_such_feature","rsi_14"]');
    const { warnings, modelId, gate } = await other.train({ untilMs, fetch: false });
    expect(warnings).toEqual(['model.passThrough names no_such_feature, which is no column of this model, and changes nothing']);
    expect((await other.showModel(modelId)).verdicts).toMatchObject([{ modelId, gate, isRepeat: false }]);
    expect((await other.modelVerdicts()).verdicts.at(-1)).toMatchObject({ modelId });
    await other.close();
  });
});

describe('explaining a past decision', () => {
  type Features = DecisionRecord['features'];

  /** Records a decision that a model made from these features. */
  async function recorded(decisionId: string, features: Features, prediction: DecisionRecord['prediction']): Promise<void> {
    const log = await FileDecisionLog.open(join(folder, 'data', 'trades', 'decisions.ndjson'));
    const decision = { decisionTimeMs: untilMs, label: 'HOLD', confidence: null, action: 'HOLD', targetExposure: null } as const;
    await log.put({
      ...{ decisionId, strategy: 'main', symbol: 'ETHUSDT', mode: 'paper', runId: null, decisionTimeMs: untilMs },
      ...{ dataCutoffRecordedMs: Date.now(), configHash: 'c', modelId: prediction?.modelId ?? null, modelSha256: null },
      ...{ inputs: [], features, prediction, dataVerdicts: [], intents: [] },
      positionBefore: { quantityEth: '0', cashUsd: '10000', equityUsd: '10000', exposure: 0, lastBuyMs: null },
      conditions: { isHalted: false, isExchangeUp: null, cost: null, filters: filterTexts(BINANCE_ETHUSDT_FILTERS) },
      decision: { ...decision, renewsHolding: false, reasons: [] },
      risk: { allowed: true, targetExposure: null, reasons: [] },
      sizing: {
        ...{ priceUsd: null, cashUsd: '10000', positionEth: '0', targetExposure: null, feeBps: 10, slippageBps: 5 },
        ...{ side: null, quantity: null, reason: null },
      },
    });
    await log.close();
  }

  it('takes the model and the features of then, and adds up to the probabilities of then', async () => {
    const registry = new ModelRegistry(join(folder, 'data', 'models'), systemClock);
    const then = serving(await registry.load((await registry.currentId()) ?? ''));
    const { features: known } = await app.featuresAt(untilMs);
    const features = Object.fromEntries(
      Object.entries(known).map(([name, value], i) => [name, value === null || i % 5 === 0 ? null : value * 1.1]),
    );
    const row = Float64Array.from(then.ensemble.featureNames, (name) => features[name] ?? Number.NaN);
    const said = then.ensemble.predictProba({ data: row, rows: 1, columns: row.length, names: then.ensemble.featureNames });
    const probabilities = [said[0]!, said[1]!, said[2]!] as const;
    await recorded('past', features, {
      modelId: then.modelId,
      classIndex: 0,
      probabilities: [...probabilities],
      confidence: 0.5,
    });
    const later = await app.train({ untilMs: untilMs + 7 * DAY_MS, days: 150, seed: 9, fetch: false });
    await app.promoteModel(later.modelId);

    const explained = await app.explainDecision('past');
    expect(explained).toMatchObject({ modelId: then.modelId, probabilities });
    for (const k of [0, 1, 2] as const) {
      expect(explained.features.reduce((sum, { moved }) => sum + moved[k], explained.base[k])).toBeCloseTo(probabilities[k], 9);
      expect(Object.values(explained.families).reduce((sum, moved) => sum + moved[k], explained.base[k])).toBeCloseTo(
        probabilities[k],
        9,
      );
    }
    expect(explained.features.map(({ name, value }) => [name, value])).toEqual(
      expect.arrayContaining(then.ensemble.featureNames.map((name) => [name, features[name] ?? null])),
    );
    expect(explained.features.some(({ moved }) => Math.abs(moved[0]) > 0.005)).toBe(true);
  });

  it('refuses decisions that are not there, had no model, or whose model is gone', async () => {
    await recorded('without', {}, null);
    await recorded('gone', {}, { modelId: 'm20200101-gone', classIndex: 0, probabilities: [1, 0, 0], confidence: 1 });
    await expect(app.explainDecision('nothing')).rejects.toMatchObject({ code: 'replay.no_such_decision' });
    await expect(app.explainDecision('without')).rejects.toMatchObject({ code: 'explain.no_prediction', exitCode: 2 });
    await expect(app.explainDecision('gone')).rejects.toMatchObject({ code: 'registry.no_such_model' });
  });
});
