import { describe, expect, it } from 'vitest';
import { createRng, DAY_MS, type Matrix, normal } from '../domain/index.ts';
import type { TrainingSet } from '../model/index.ts';
import { driftAt, type ServedPrediction } from './drift-at.ts';
import type { MarketView } from './market-view.ts';
import type { ServingModel } from './serving-model.ts';

const START_MS = Date.UTC(2023, 0, 1, 23);
const DAYS = 260;
const TRAIN_DAYS = 200;
const NAMES = ['a', 'b', 'c'];
const at = (day: number) => START_MS + day * DAY_MS;

/** Days of three features; those from `movedFrom` on are shifted by `shift`. Every label is HOLD. */
function world(shift: number, movedFrom = DAYS) {
  const rng = createRng(4);
  const data = new Float64Array(DAYS * 3).map((_, i) => normal(rng) + (i >= movedFrom * 3 ? shift : 0));
  const matrix: Matrix = { data, rows: DAYS, columns: 3, names: NAMES };
  const timeMs = Float64Array.from({ length: DAYS }, (_, day) => at(day));
  const set: TrainingSet = {
    ...{ names: NAMES, timeMs, matrix },
    label: new Uint8Array(DAYS).fill(2),
    labelKnownMs: timeMs.map((time) => time + DAY_MS),
  };
  const recent = { data: data.slice((DAYS - 14) * 3), rows: 14, columns: 3, names: NAMES };
  return { table: () => ({ set }), predictionData: () => ({ matrix: recent }) } as unknown as MarketView;
}

const model = {
  ...{ modelId: 'm', canonical: 'c', trainedUntilMs: at(TRAIN_DAYS + 1) },
  ensemble: { featureNames: NAMES },
  expectedLoss: { mean: 1.05, deviation: 0.3 },
} as unknown as ServingModel;
/** What the model said on the last days, giving HOLD, which came true every time, this share. */
const said = (share: number, days: number, modelId = 'm'): ServedPrediction[] =>
  Array.from({ length: days }, (_, i) => ({
    decisionTimeMs: at(DAYS - 1 - days + i),
    modelId,
    probabilities: [(1 - share) / 2, (1 - share) / 2, share] as const,
  }));
const level = (view: MarketView, served: readonly ServedPrediction[]) =>
  driftAt(view, model, TRAIN_DAYS, served, at(DAYS - 1)).level;

describe('driftAt', () => {
  it('is ok where features and losses are as they were', () => {
    expect(driftAt(world(0), model, TRAIN_DAYS, said(0.36, 40), at(DAYS - 1))).toEqual({ level: 'ok', reasons: [] });
  });

  it('acts on features that have moved away, and names them', () => {
    const verdict = driftAt(world(5, DAYS - 14), model, TRAIN_DAYS, [], at(DAYS - 1));
    expect(verdict).toMatchObject({ level: 'act', reasons: [expect.stringContaining('features differ')] });
  });

  it("acts on predictions that keep being worse than the walk-forward's, of this model alone", () => {
    expect(level(world(0), said(0.1, 40))).toBe('act');
    expect(level(world(0), said(0.1, 40, 'another'))).toBe('ok');
    expect(level(world(0), said(0.1, 3))).toBe('watch');
  });

  it('says nothing of losses where nobody knows what to expect', () => {
    const unknown = { ...model, expectedLoss: undefined };
    expect(driftAt(world(0), unknown, TRAIN_DAYS, said(0.1, 40), at(DAYS - 1)).level).toBe('ok');
  });
});
