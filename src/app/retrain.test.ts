import { beforeEach, describe, expect, it } from 'vitest';
import { createRng, DAY_MS, normal, type TimeMs } from '../domain/index.ts';
import { type GateVerdict, MemoryWalkForwardCache, type WalkForwardCache } from '../model/index.ts';
import type { MarketView } from './market-view.ts';
import { MemoryModelStore } from './memory-model-store.ts';
import { type Challenger, type PastPrediction, type RetrainParts, retrain, type Search } from './retrain.ts';

const DAYS = 320;
const TRAIN_DAYS = 120;
const WINDOW_DAYS = 30;
const STEPS = 5;
const FIRST_DAY = 130;
type Row = [number, number, number];

const rng = createRng(4);
const names = ['a', 'b'];
const timeMs = Float64Array.from({ length: DAYS }, (_, day) => day * DAY_MS);
const label = Uint8Array.from({ length: DAYS }, () => Math.floor(rng() * 3));
const set = {
  ...{ names, timeMs, label, labelKnownMs: timeMs.map((ms) => ms + DAY_MS) },
  matrix: { data: Float64Array.from({ length: DAYS * 2 }, () => normal(rng)), rows: DAYS, columns: 2, names },
};
const forwardReturn = Float64Array.from(label, (truth) => [0.02, -0.02, 0][truth]!);
const view = {
  canonicalFor: () => ({ series: 'binance:ETHUSDT:1h', reason: 'hourly' }),
  table: () => ({ set, labels: { forwardReturn } }),
} as unknown as MarketView;

/** The truth of a day, said with so much of the probability. */
const told = (day: number, share: number): Row => [0, 1, 2].map((one) => (one === label[day] ? share : (1 - share) / 2)) as Row;
const said = (fromDay: number, toDay: number, share: number): PastPrediction[] =>
  Array.from({ length: toDay - fromDay }, (_, i) => ({
    decisionTimeMs: (fromDay + i) * DAY_MS,
    probabilities: told(fromDay + i, share),
  }));

/** Walk-forward steps of a training at `untilDay` that were made before: each day's truth with so much of the probability. */
function scoredAs(untilDay: number, share: number): WalkForwardCache {
  let step = 0;
  return {
    async get() {
      const from = untilDay - (STEPS - step++) * 7;
      const days = Array.from({ length: 7 }, (_, i) => told(from + i, share));
      return Float64Array.from([1 / 3, 1 / 3, 1 / 3, ...days.flat()]);
    },
    async set() {
      throw new Error('every step was made before');
    },
  };
}

/** Remembers how trials ended. */
class Store extends MemoryModelStore {
  readonly ended: GateVerdict[] = [];

  override async endTrial(challenger: Challenger, verdict: GateVerdict): Promise<void> {
    this.ended.push(verdict);
    await super.endTrial(challenger, verdict);
  }
}

const bounds = {
  ...{ maxCalibrationError: 0.9, maxExcessLoss: 10, returnMargin: 10, confidenceThreshold: 0.45, costOfChange: 0.001 },
  ...{ maxDataAgeDays: 4, maxSearchOverfitting: 0.5 },
};
const gate: RetrainParts['gate'] = {
  ...{ mode: 'statistical', windowDays: WINDOW_DAYS, minimumDays: 25, confidence: 0.9, challengerDays: 0 },
  ...{ refreshAfterDays: 28, refreshMargin: 0.01, bounds },
};

let store: Store;
beforeEach(() => {
  store = new Store();
});

interface Asked {
  readonly untilDay: number;
  /** How much of the probability the procedure gave to the truth. */
  readonly candidate?: number;
  readonly served?: readonly PastPrediction[];
  readonly shadow?: readonly PastPrediction[];
  readonly gate?: Partial<RetrainParts['gate']>;
  readonly search?: Search;
  readonly more?: Partial<RetrainParts>;
}

function train({ untilDay, candidate = 0.5, served = [], shadow = [], gate: changed, search, more }: Asked) {
  const untilMs: TimeMs = untilDay * DAY_MS;
  const parts: RetrainParts = {
    ...{ view, trainDays: TRAIN_DAYS, threads: 1, models: store, ...(search && { search }) },
    procedure: { trees: 10, folds: 2, purgeRows: 1, seed: 1 },
    gate: { ...gate, ...changed },
    cache: scoredAs(untilDay, candidate),
    predictions: () => served,
    shadow: () => shadow,
    ...more,
  };
  return retrain(parts, untilMs);
}
const first = () => train({ untilDay: FIRST_DAY });

describe('a training', () => {
  it('serves at once where nothing does, with everything that is known of it', async () => {
    const { candidate, serving } = await first();
    expect(candidate.gate).toEqual({ decision: 'promoted', reason: 'first', checks: [] });
    expect(serving).toBe(store.current());
    expect(candidate).toMatchObject({ trainedUntilMs: FIRST_DAY * DAY_MS, canonical: 'binance:ETHUSDT:1h', rows: TRAIN_DAYS });
    expect(candidate.classes.reduce((sum, count) => sum + count, 0)).toBe(TRAIN_DAYS);
    expect(candidate.metrics).toMatchObject({ days: WINDOW_DAYS, accuracy: 1 });
    expect(candidate.metrics.logLoss).toBeCloseTo(-Math.log(0.5), 12);
    expect(candidate.baseline.logLoss).toBeCloseTo(Math.log(3), 12);
    expect(candidate.skill).toBe('found');
  });

  it.each([
    ['is kept where it is no better', 0.4, said(110, 150, 0.5), 150, {}, 'kept', 'not_better'],
    ['is promoted where it is better', 0.5, said(110, 150, 0.4), 150, {}, 'promoted', 'better'],
    ['refreshes an old incumbent where it is not worse', 0.4, said(110, 160, 0.4), 160, {}, 'promoted', 'refreshed'],
    ['does not refresh one of four weeks', 0.4, said(110, 158, 0.4), 158, {}, 'kept', 'not_better'],
    ['is kept where too few days were logged', 0.5, said(126, 150, 0.4), 150, {}, 'kept', 'too_few_days'],
    ['is kept out of bounds', 0.5, said(110, 150, 0.4), 150, { maxCalibrationError: 0.2 }, 'kept', 'out_of_bounds'],
  ] as const)('%s', async (_, candidate, served, untilDay, changed, decision, reason) => {
    const incumbent = (await first()).serving;
    const trained = await train({ untilDay, candidate, served, gate: { bounds: { ...bounds, ...changed } } });
    expect(trained.candidate.gate).toMatchObject({ decision, reason });
    expect(trained.serving === incumbent).toBe(decision === 'kept');
    expect(store.current()?.trainedUntilMs).toBe((decision === 'kept' ? FIRST_DAY : untilDay) * DAY_MS);
  });

  it('is kept where the study that chose its settings may have fitted noise', async () => {
    await first();
    const { candidate } = await train({
      untilDay: 150,
      served: said(110, 150, 0.4),
      search: { studies: ['s'], trials: 50, searchedUntilMs: 0, overfittingProbability: 0.6 },
    });
    expect(candidate.gate).toMatchObject({ decision: 'kept', reason: 'out_of_bounds' });
  });

  it.each([1, 2])('that is told to stop while %i threads fit the model stores nothing', async (threads) => {
    const stop = new AbortController();
    const onProgress = (text: string) => {
      if (text === 'fitting the ensemble') setImmediate(() => stop.abort());
    };
    await expect(train({ untilDay: FIRST_DAY, more: { threads, onProgress, signal: stop.signal } })).rejects.toMatchObject({
      name: 'AbortError',
    });
    expect(store.current()).toBeUndefined();
  });

  it('of a market in which nothing moved is scored and stored as any other', async () => {
    const flat = { ...set, label: new Uint8Array(DAYS).fill(2) };
    const stood = {
      canonicalFor: view.canonicalFor,
      table: () => ({ set: flat, labels: { forwardReturn: new Float64Array(DAYS) } }),
    } as unknown as MarketView;
    const { candidate } = await train({ untilDay: FIRST_DAY, more: { view: stood, cache: new MemoryWalkForwardCache() } });
    expect(candidate).toMatchObject({ classes: [0, 0, TRAIN_DAYS], gate: { decision: 'promoted' }, metrics: { accuracy: 1 } });
    expect(candidate.skill).toBe('unknown');
    for (const { logLoss, brier, ece } of [candidate.metrics, candidate.baseline])
      for (const score of [logLoss, brier, ece]) expect(score).toBeGreaterThanOrEqual(0);
    const later = await train({
      ...{ untilDay: FIRST_DAY + 30, served: said(FIRST_DAY, FIRST_DAY + 30, 0.4) },
      more: { view: stood, cache: new MemoryWalkForwardCache() },
    });
    for (const { value } of later.candidate.gate.checks) expect(value).not.toBeNaN();
    expect(later.candidate.gate.decision).toMatch(/^(kept|promoted)$/);
  });

  it('judges by what was known at its time: outcomes of later days say nothing', async () => {
    await first();
    const { candidate } = await train({ untilDay: 150, served: said(110, 300, 0.4) });
    const days = candidate.gate.checks.find(({ name }) => name === 'logged_days');
    expect(days?.value).toBe(WINDOW_DAYS);
    expect(candidate.metrics.days).toBe(WINDOW_DAYS);
  });
});

describe('a trial in the shadow', () => {
  const TRIAL_DAYS = 14;
  const [BEGUN, SETTLED] = [150, 164];
  const trial = { challengerDays: TRIAL_DAYS };

  /** A first model, and a better one on trial since day `BEGUN`. */
  async function begun(): Promise<{ incumbent: string; challenger: string }> {
    const incumbent = (await first()).serving.modelId;
    await train({ untilDay: BEGUN, served: said(110, BEGUN, 0.4), gate: trial });
    return { incumbent, challenger: store.challenger()!.model.modelId };
  }
  /** The training at which the trial is settled; its own candidate is worse than anybody. */
  const settle = (challenger: number, changed: Partial<Asked> = {}) =>
    train({
      ...{ untilDay: SETTLED, candidate: 0.3, served: said(110, SETTLED, 0.4), gate: trial },
      ...{ shadow: said(BEGUN, SETTLED, challenger), ...changed },
    });

  it('is begun by a candidate that passes; the incumbent goes on serving', async () => {
    const incumbent = (await first()).serving;
    const { candidate, serving } = await train({ untilDay: BEGUN, served: said(110, BEGUN, 0.4), gate: trial });
    expect(candidate.gate).toMatchObject({ decision: 'challenger', reason: 'better' });
    expect([serving, store.current()]).toEqual([incumbent, incumbent]);
    expect(store.challenger()).toMatchObject({ sinceMs: BEGUN * DAY_MS, model: { trainedUntilMs: BEGUN * DAY_MS } });
  });

  it('is not begun by a candidate that fails, nor by a first model, which serves', async () => {
    expect((await train({ untilDay: FIRST_DAY, gate: trial })).candidate.gate).toMatchObject({
      decision: 'promoted',
      reason: 'first',
    });
    const { candidate } = await train({ untilDay: BEGUN, candidate: 0.3, served: said(110, BEGUN, 0.4), gate: trial });
    expect(candidate.gate).toMatchObject({ decision: 'kept', reason: 'not_better' });
    expect(store.challenger()).toBeUndefined();
  });

  it('lets no other candidate begin one while it runs', async () => {
    const { incumbent, challenger } = await begun();
    const { candidate } = await train({ untilDay: 157, served: said(110, 157, 0.4), shadow: said(BEGUN, 157, 0.5), gate: trial });
    expect(candidate.gate).toMatchObject({ decision: 'kept', reason: 'trial_running' });
    expect([store.current()?.modelId, store.challenger()?.model.modelId]).toEqual([incumbent, challenger]);
    expect(store.ended).toEqual([]);
  });

  it.each([
    ['was better', 0.5, 'better'],
    ['was not worse', 0.4, 'refreshed'],
  ])('makes the challenger serve where it %s', async (_, share, reason) => {
    const { challenger } = await begun();
    const { candidate } = await settle(share);
    expect(store.ended).toMatchObject([{ decision: 'promoted', reason }]);
    expect([store.current()?.modelId, store.challenger()]).toEqual([challenger, undefined]);
    expect(candidate.gate.decision).toBe('kept');
  });

  it('ends without it where it was worse, or predicted on too few of its days', async () => {
    const { incumbent } = await begun();
    await settle(0.3);
    expect(store.ended).toMatchObject([{ decision: 'kept', reason: 'not_better' }]);
    expect([store.current()?.modelId, store.challenger()]).toEqual([incumbent, undefined]);
    store = new Store();
    await begun();
    await settle(0.5, { shadow: said(BEGUN + 4, SETTLED, 0.5) });
    expect(store.ended).toMatchObject([{ decision: 'kept', reason: 'too_few_days' }]);
  });

  it('counts only what the challenger said during its trial', async () => {
    await begun();
    await settle(0.5, { shadow: [...said(100, BEGUN, 0.9), ...said(BEGUN, SETTLED, 0.3), ...said(SETTLED, 300, 0.9)] });
    expect(store.ended).toMatchObject([
      { decision: 'kept', reason: 'not_better', checks: [{ name: 'logged_days', value: 14 }, {}, {}, {}, {}, {}, {}, {}] },
    ]);
  });

  it('does not judge the calibration error of a few days, and does of sixty', async () => {
    const strict = { bounds: { ...bounds, maxCalibrationError: 0.2 } };
    const { challenger } = await begun();
    await settle(0.5, { gate: { ...trial, ...strict } });
    expect(store.current()?.modelId).toBe(challenger);
    expect(store.ended[0]?.checks.map(({ name }) => name)).not.toContain('calibration_error');

    store = new Store();
    const { incumbent } = await begun();
    const untilDay = BEGUN + 61;
    const long = { challengerDays: 61, ...strict };
    const [served, shadow] = [said(110, untilDay, 0.4), said(BEGUN, untilDay, 0.5)];
    await train({ untilDay, candidate: 0.3, served, shadow, gate: long });
    expect(store.ended).toMatchObject([{ decision: 'kept', reason: 'out_of_bounds' }]);
    expect(store.ended[0]?.checks.filter(({ passed }) => !passed)).toMatchObject([{ name: 'calibration_error', limit: 0.2 }]);
    expect(store.current()?.modelId).toBe(incumbent);
  });
});
