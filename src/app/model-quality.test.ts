import { describe, expect, it } from 'vitest';
import { createRng, DAY_MS, normal } from '../domain/index.ts';
import type { LoggedPrediction } from '../model/index.ts';
import type { MarketView } from './market-view.ts';
import { modelQuality } from './model-quality.ts';
import type { ServingModel } from './serving-model.ts';

const DAYS = 200;
const TRAIN_DAYS = 120;
const TRAINED_UNTIL = TRAIN_DAYS * DAY_MS;

/** One feature around 0, outcomes that follow `labelOf`, and newest features around `level`. */
function world(labelOf: (day: number) => number, level = 0) {
  const rng = createRng(3);
  const column = (rows: number, mean: number) => Float64Array.from({ length: rows }, () => mean + normal(rng));
  const timeMs = Float64Array.from({ length: DAYS }, (_, day) => day * DAY_MS);
  const set = {
    names: ['a'],
    timeMs,
    matrix: { data: column(DAYS, 0), rows: DAYS, columns: 1, names: ['a'] },
    label: Uint8Array.from({ length: DAYS }, (_, day) => labelOf(day)),
    labelKnownMs: timeMs.map((ms) => ms + DAY_MS),
  };
  const view = {
    table: () => ({ set }),
    predictionData(_: string, decisionTimeMs: number) {
      expect(timeMs).toContain(decisionTimeMs);
      return { matrix: { data: column(14, level), rows: 14, columns: 1, names: ['a'] } };
    },
  } as unknown as MarketView;
  const model = {
    canonical: 'x',
    trainedUntilMs: TRAINED_UNTIL,
    trainDays: TRAIN_DAYS,
    modelId: 'm',
    ensemble: { featureNames: ['a'] },
  } as unknown as ServingModel;
  return { view, model };
}

/** A prediction a day after the training, each sure of class 0 by 0.7. */
const predictions: LoggedPrediction[] = Array.from({ length: 60 }, (_, i) => ({
  decisionTimeMs: TRAINED_UNTIL + i * DAY_MS,
  modelId: 'm',
  probabilities: [0.7, 0.2, 0.1],
  baseline: [0.4, 0.3, 0.3],
  recordedMs: 0,
}));
const judge = ({ view, model }: ReturnType<typeof world>) => modelQuality(view, model, predictions, DAYS * DAY_MS + 1);

describe('modelQuality', () => {
  it('is content while outcomes come as often as predictions say', () => {
    const outcomes = [0, 0, 1, 0, 0, 2, 0, 1, 0, 0];
    expect(judge(world((day) => outcomes[day % 10]!))).toMatchObject({ level: 'ok', reasons: [] });
  });

  it('acts on predictions that keep being wrong, and says how much', () => {
    const quality = judge(world(() => 2));
    expect(quality.level).toBe('act');
    expect(quality.excessLoss).toBeGreaterThan(12);
    expect(quality.reasons[0]).toMatch(/worse than expected/);
  });

  it('acts on features unlike those of the training, with no outcome known', () => {
    const { view, model } = world(() => 0, 6);
    const quality = modelQuality(view, model, [], TRAINED_UNTIL);
    expect(quality).toMatchObject({ level: 'act', excessLoss: null });
    expect(quality.reasons[0]).toMatch(/a most/);
  });

  it('measures the window anew where its rows have changed, and says the same again where not', () => {
    const { view, model } = world(() => 0, 6);
    const first = modelQuality(view, model, [], TRAINED_UNTIL);
    expect(modelQuality(view, model, [], TRAINED_UNTIL)).toEqual(first);
    const { data } = view.table('x').set.matrix;
    data.forEach((value, at) => {
      data[at] = value + 6;
    });
    expect(modelQuality(view, model, [], TRAINED_UNTIL).level).toBe('ok');
  });

  it('does not hold what another model said against it, nor features where the window is too short to compare', () => {
    const { view, model } = world(() => 2);
    const others = predictions.map((one) => ({ ...one, modelId: 'another' }));
    expect(modelQuality(view, model, others, DAYS * DAY_MS)).toMatchObject({ level: 'ok', excessLoss: null });
    const moved = world(() => 0, 6);
    expect(modelQuality(moved.view, { ...moved.model, trainDays: 20 }, [], TRAINED_UNTIL).level).toBe('ok');
  });
});
