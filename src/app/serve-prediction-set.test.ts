import { describe, expect, it } from 'vitest';
import { createRng, DAY_MS } from '../domain/index.ts';
import type { MarketView } from './market-view.ts';
import { servePredictionSet } from './serve-prediction-set.ts';
import type { ServedPrediction } from './served-outcomes.ts';

const DAYS = 1_200;
const timeMs = Float64Array.from({ length: DAYS }, (_, day) => day * DAY_MS);
/** A day and five minutes: an outcome is not known yet at the next decision. */
const LATE_MS = DAY_MS + 300_000;

type Shares = [number, number, number];

/** Says the same shares every day; at first they are true, later the unlikeliest class comes up twice as often. */
function world(labelOf: (day: number, draw: number) => number) {
  const rng = createRng(8);
  const set = {
    names: [],
    timeMs,
    matrix: { data: new Float64Array(0), rows: DAYS, columns: 0 },
    label: Uint8Array.from({ length: DAYS }, (_, day) => labelOf(day, rng())),
    labelKnownMs: timeMs.map((ms) => ms + LATE_MS),
  };
  return { set, view: { table: () => ({ set }) } as unknown as MarketView };
}
const probabilities: Shares = [0.6, 0.33, 0.07];
const conformal = { coverage: 0.9, threshold: 0.67, scores: Array.from({ length: 90 }, (_, i) => (i % 10 < 6 ? 0.4 : 0.67)) };
const model = { canonical: 'x', conformal };

/** What each day is served, after what had been served before. */
function serve(view: MarketView, served: ServedPrediction[] = []) {
  for (let day = served.length; day < DAYS; day++) {
    const { classes } = servePredictionSet(view, model, served, { probabilities }, day * DAY_MS)!;
    served.push({ decisionTimeMs: day * DAY_MS, modelId: `m${Math.floor(day / 7)}`, probabilities, predictionSet: classes });
  }
  return served;
}
const drawn = (shares: Shares) => (draw: number) => (draw < shares[0] ? 0 : draw < shares[0] + shares[1] ? 1 : 2);

describe('the prediction set that is served', () => {
  it('covers within three points of nominal after the world has changed, where the fixed threshold does not', () => {
    const before = drawn([0.6, 0.33, 0.07]);
    const later = drawn([0.4, 0.33, 0.27]);
    const { view, set } = world((day, draw) => (day < 200 ? before(draw) : later(draw)));
    const served = serve(view);
    const share = (of: (day: number) => boolean) =>
      Array.from({ length: DAYS - 200 }, (_, i) => of(200 + i)).filter(Boolean).length / (DAYS - 200);
    expect(Math.abs(share((day) => served[day]!.predictionSet!.includes(set.label[day]!)) - 0.9)).toBeLessThan(0.03);
    expect(share((day) => [0, 1].includes(set.label[day]!))).toBeLessThan(0.8);
  });

  it('is made of outcomes that are known by then, whatever comes later and whichever model said it', () => {
    const { view, set } = world(() => 0);
    const at = 60;
    const served = serve(view).slice(0, at);
    const asked = (log: readonly ServedPrediction[], own: MarketView = view) =>
      servePredictionSet(own, model, log, { probabilities }, at * DAY_MS);
    const { outcomes, missRate, classes, coverage } = asked(served)!;
    expect([coverage, outcomes, classes]).toEqual([0.9, at - 1, [0, 1]]);
    expect(missRate).toBeCloseTo(0.1 + 0.02 * 0.1 * (at - 1), 12);
    const unknown = { ...set, label: set.label.map((label, day) => (day >= at - 1 ? 2 : label)) };
    expect(asked(served, { table: () => ({ set: unknown }) } as unknown as MarketView)).toEqual(asked(served));
    const changed = { ...set, label: set.label.map((label, day) => (day === at - 2 ? 2 : label)) };
    expect(asked(served, { table: () => ({ set: changed }) } as unknown as MarketView)!.missRate).toBeCloseTo(
      missRate! - 0.02,
      12,
    );
    const again = [...served, { decisionTimeMs: at * DAY_MS, modelId: 'm', probabilities, predictionSet: [1] }];
    expect(asked(again)).toEqual(asked(served));
  });

  it('is of the fixed threshold for a model without scores, and absent without walk-forward days', () => {
    const { view } = world(() => 0);
    const fixed = { coverage: 0.9, threshold: 0.67 };
    const asked = (own: Parameters<typeof servePredictionSet>[1]) => servePredictionSet(view, own, [], { probabilities }, DAY_MS);
    expect(asked({ canonical: 'x', conformal: fixed })).toEqual({ coverage: 0.9, missRate: null, outcomes: 0, classes: [0, 1] });
    expect(asked(model)).toEqual({ coverage: 0.9, missRate: expect.closeTo(0.1, 12), outcomes: 0, classes: [0, 1] });
    expect(asked({ canonical: 'x' })).toBeNull();
  });
});
