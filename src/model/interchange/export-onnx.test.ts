import { InferenceSession, Tensor } from 'onnxruntime-web';
import { describe, expect, it } from 'vitest';
import { createRng, type Matrix, normal } from '../../domain/index.ts';
import { CALIBRATOR_KINDS, type Calibrator } from '../calibration/calibrator.ts';
import { buildEnsemble, type Procedure } from '../ensemble-builder.ts';
import { EnsembleModel } from '../ensemble-model.ts';
import { topClass } from '../evaluation/index.ts';
import { GradientBoostedTrees } from '../learners/gradient-boosted-trees.ts';
import {
  ClassPrior,
  FittedStacking,
  type Learner,
  LinearPool,
  LogisticRegression,
  RandomForest,
  StackingClassifier,
} from '../learners/index.ts';
import { exportOnnx } from './export-onnx.ts';

const NAMES = ['signal', 'steps', 'other', 'gaps'];

/** Columns with repeated values, on which trees split between and at, and with values missing. */
function rows(count: number, seed: number): { X: Matrix; y: Uint8Array } {
  const rng = createRng(seed);
  const data = Float64Array.from({ length: count * 4 }, (_, at) => {
    const value = normal(rng);
    if (at % 4 === 1) return Math.round(2 * value) / 10;
    return at % 4 === 3 && rng() < 0.3 ? Number.NaN : value;
  });
  const y = Uint8Array.from({ length: count }, (_, row) => {
    const score = data[row * 4]! + 8 * data[row * 4 + 1]! * data[row * 4 + 2]! + 0.5 * normal(rng);
    return score > 0.5 ? 0 : score < -0.5 ? 1 : 2;
  });
  return { X: { data, rows: count, columns: 4, names: NAMES }, y };
}
const training = rows(240, 1);
const later = rows(200, 2).X;

async function runOnnx(bytes: Uint8Array, { data, rows: count, columns }: Matrix) {
  const session = await InferenceSession.create(bytes, { executionProviders: ['wasm'], logSeverityLevel: 3 });
  const { probabilities, label } = await session.run({ features: new Tensor('float64', data, [count, columns]) });
  await session.release();
  return { probabilities: probabilities!.data as Float64Array, labels: Array.from(label!.data as BigInt64Array, Number) };
}

const ensembleOf = async (base: Record<string, Learner>) =>
  new StackingClassifier({ base, meta: new LinearPool({ priorRows: 10 }), folds: 3 }).fit(training.X, training.y);

async function expectAgreement(model: EnsembleModel, X: Matrix) {
  const own = model.predictProba(X);
  const { probabilities, labels } = await runOnnx(exportOnnx(model), X);
  expect(probabilities).toHaveLength(own.length);
  const off = own.reduce((most, value, at) => Math.max(most, Math.abs(value - probabilities[at]!)), 0);
  expect(off).toBeLessThan(1e-6);
  labels.forEach((label, row) => {
    expect(label).toBe(topClass(probabilities, row));
  });
}

describe('the ONNX form of an ensemble, in ONNX Runtime', () => {
  const procedure: Procedure = { trees: 25, folds: 3, purgeRows: 1, seed: 1 };

  it.each([
    ['pooled', procedure],
    ['with a logistic meta-classifier that sees a feature with gaps', { ...procedure, meta: 'logistic', passThrough: ['gaps'] }],
  ] as const)('predicts what the ensemble predicts: %s', async (_, given) => {
    const stack = await buildEnsemble(given, NAMES, 1).fit(training.X, training.y);
    await expectAgreement(new EnsembleModel(NAMES, [0.3, 0.3, 0.4], stack), later);
  });

  it.each(CALIBRATOR_KINDS)('carries %s calibration and shrinkage', async (kind) => {
    const numbers: Record<Calibrator['kind'], number[]> = {
      temperature: [0.7],
      dirichlet: [1.2, 0, -0.1, 0.2, 0.1, 0.8, 0, 0, 0, 0.1, 1.1, -0.2],
      isotonic: [3, 0.1, 0.4, 0.9, 0.1, 0.5, 0.8, 1, 0.5, 0.3, 2, 0.2, 0.6, 0.1, 0.7],
    };
    const stack = await ensembleOf({ forest: new RandomForest({ trees: 20 }), prior: new ClassPrior() });
    const calibrator = { kind, numbers: Float64Array.from(numbers[kind]) };
    Object.assign(stack, { calibration: { calibrator, weight: 0.8, shares: Float64Array.of(0.3, 0.3, 0.4) } });
    await expectAgreement(new EnsembleModel(NAMES, [0.3, 0.3, 0.4], FittedStacking.fromBytes(stack.toBytes())), later);
  });

  it('counts values far out as the linear model does', async () => {
    const stack = await ensembleOf({ linear: new LogisticRegression({ l2: 1 }) });
    const X = { ...later, data: later.data.map((value, at) => (at % 8 === 4 ? Math.sign(value) * 1.5e308 : value)) };
    await expectAgreement(new EnsembleModel(NAMES, [0.3, 0.3, 0.4], stack), X);
  });

  it('parts values that lie on a split as the trees do', async () => {
    const stack = await ensembleOf({ boosting: new GradientBoostedTrees({ rounds: 20, minLeafSamples: 3, maxBins: 255 }) });
    await expectAgreement(new EnsembleModel(NAMES, [0.3, 0.3, 0.4], stack), training.X);
  });

  it('takes the same one of equally likely classes', async () => {
    const labels = Uint8Array.from({ length: 240 }, (_, row) => row % 3);
    const even = (await new StackingClassifier({ base: { prior: new ClassPrior() }, meta: new LinearPool(), folds: 4 }).fit(
      training.X,
      labels,
    )) as FittedStacking;
    const model = new EnsembleModel(NAMES, [1 / 3, 1 / 3, 1 / 3], even);
    const [buy, sell, hold] = model.predictProba(later);
    expect([buy, sell]).toEqual([hold, hold]);
    await expectAgreement(model, later);
  });

  it('gives no rows for none, and names features and classes', async () => {
    const stack = await ensembleOf({ prior: new ClassPrior() });
    const bytes = exportOnnx(new EnsembleModel(NAMES, [0.3, 0.3, 0.4], stack), { modelId: 'm1' });
    expect((await runOnnx(bytes, { ...later, data: new Float64Array(0), rows: 0 })).probabilities).toHaveLength(0);
    const text = Buffer.from(bytes).toString('latin1');
    for (const part of [JSON.stringify(NAMES), '["BUY","SELL","HOLD"]', 'modelId', 'm1']) expect(text).toContain(part);
  });
});
