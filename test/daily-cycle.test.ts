import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PATHS } from '../src/app/app-parts.ts';
import { cycleSettings } from '../src/app/cycle-settings.ts';
import { decideAt, runDailyCycle } from '../src/app/daily-cycle.ts';
import { verifyJournal } from '../src/app/journal-command.ts';
import { loadView } from '../src/app/load-view.ts';
import { paperRoute } from '../src/app/order-route.ts';
import { openPredictionHistory } from '../src/app/prediction-history.ts';
import { replayDecision } from '../src/app/replay-decision.ts';
import { runScheduledCycle } from '../src/app/scheduled-cycle.ts';
import type { ServingModel } from '../src/app/serving-model.ts';
import { openTradingSession, type TradingSession } from '../src/app/trading-session.ts';
import { wantedExposure } from '../src/app/wanted-exposure.ts';
import { loadConfig } from '../src/config/index.ts';
import { DAY_MS, ManualClock, money } from '../src/domain/index.ts';
import { type EnsembleModel, ModelRegistry } from '../src/model/index.ts';
import { accountView, type DecisionRecord, readPerformanceLog } from '../src/trading/index.ts';
import { END_MS, simulatedHistory } from './simulated-history.fixture.ts';

const FIRST_MS = END_MS - 4 * DAY_MS + 23 * 3_600_000;
const CANONICAL = 'binance:ETHUSDT:1h';

let history: Awaited<ReturnType<typeof simulatedHistory>>;
beforeAll(async () => {
  history = await simulatedHistory({ seed: 2, edge: 0, days: 40 });
});
afterAll(() => history.close());

/** A model that always says the same. */
const saying = (probabilities: readonly [number, number, number]): ServingModel => ({
  modelId: 'said',
  artifactSha256: 'none',
  trainedUntilMs: FIRST_MS - DAY_MS,
  trainDays: 365,
  canonical: CANONICAL,
  ensemble: { featureNames: [], predictProba: () => Float64Array.from(probabilities) } as unknown as EnsembleModel,
});

/** With the class shares that the log of predictions notes. */
const withShares = ({ ensemble }: ServingModel) =>
  ({ ...ensemble, classShares: [1 / 3, 1 / 3, 1 / 3] }) as unknown as EnsembleModel;

/** The parts so long after the history was fetched. */
function later(byMs: number) {
  const clock = new ManualClock(END_MS + byMs);
  return { clock, parts: { ...history.parts, clock } };
}

async function withSession(
  byMs: number,
  model: ServingModel | undefined,
  work: (session: TradingSession) => Promise<void>,
): Promise<void> {
  const { parts, clock } = later(byMs);
  const session = await openTradingSession(parts, {
    mode: 'paper',
    model: () => model,
    quote: async (atMs) => ({ priceUsd: (await loadView(parts, atMs)).lastClose(CANONICAL, atMs), atMs: clock.nowMs() }),
  });
  try {
    await work(session);
  } finally {
    await session.close();
  }
}

describe('the daily cycle', () => {
  it('decides once: a repeat, also by a new process with another model, carries out the first', async () => {
    let firstId = '';
    await withSession(0, saying([0.8, 0.1, 0.1]), async ({ cycle }) => {
      const first = await runDailyCycle(cycle, FIRST_MS);
      expect(first).toMatchObject({ isRepeat: false, orders: [{ state: 'FILLED' }], record: { decision: { action: 'BUY' } } });
      const again = await runDailyCycle(cycle, FIRST_MS);
      expect(again).toMatchObject({ isRepeat: true, record: first.record, orders: first.orders });
      expect(cycle.engine.ledger.orders.size).toBe(1);
      firstId = first.record.decisionId;
    });
    await withSession(60_000, saying([0.1, 0.8, 0.1]), async ({ cycle }) => {
      const repeat = await runDailyCycle(cycle, FIRST_MS);
      expect(repeat).toMatchObject({ isRepeat: true, record: { decisionId: firstId, decision: { action: 'BUY' } } });
      expect(cycle.engine.ledger.orders.size).toBe(1);
      expect(cycle.performance.points).toHaveLength(1);
    });
  });

  it('sends what a decision announced when the process died before sending it, while it is valid', async () => {
    const nextMs = FIRST_MS + DAY_MS;
    await withSession(DAY_MS, saying([0.1, 0.8, 0.1]), async ({ cycle }) => {
      const settle = cycle.route.settle.bind(cycle.route);
      const dying = { ...cycle, route: { ...cycle.route, settle: () => Promise.reject(new Error('killed')) } };
      await expect(runDailyCycle(dying, nextMs)).rejects.toThrow('killed');
      expect(cycle.engine.ledger.orders.size).toBe(1);
      const repeat = await runDailyCycle({ ...cycle, route: { ...cycle.route, settle } }, nextMs);
      expect(repeat).toMatchObject({ isRepeat: true, orders: [{ state: 'FILLED' }], exposure: 0 });
    });
  });

  it('opens nothing while the market is closed to orders, and records why', async () => {
    await withSession(0, saying([0.8, 0.1, 0.1]), async ({ cycle }) => {
      const market = () => ({ ...cycle.route.market(), status: 'cancel_only' as const });
      const view = await cycle.market.view(FIRST_MS);
      const record = await decideAt({ ...cycle, route: { ...cycle.route, market } }, view, 'closed', FIRST_MS, true);
      expect(record.risk).toMatchObject({
        allowed: false,
        reasons: [{ rule: 'exchange_status', value: 'cancel_only', limit: 'trading' }],
      });
      expect(record.conditions.marketStatus).toBe('cancel_only');
      expect(record.intents).toEqual([]);
    });
  });

  it('records the classes that outcomes known by then do not rule out, and logs them with the prediction', async () => {
    const model = {
      ...saying([0.6, 0.25, 0.15]),
      conformal: { coverage: 0.9, threshold: 0.8, scores: new Array<number>(19).fill(0.8) },
    };
    const { parts, clock } = later(0);
    const session = await openTradingSession(
      { ...parts, dataDir: mkdtempSync(join(parts.dataDir, 'sets-')) },
      { mode: 'paper', model: () => ({ ...model, ensemble: withShares(model) }), quote: async () => undefined },
    );
    try {
      const history = await openPredictionHistory(mkdtempSync(join(parts.dataDir, 'log-')));
      const cycle = { ...session.cycle, clock, served: () => history.served.predictions };
      const seen: DecisionRecord['predictionSet'][] = [];
      for (const day of [0, 1, 2, 3]) {
        const result = await runScheduledCycle(
          { ...session, cycle },
          { challenger: () => undefined },
          history,
          FIRST_MS + day * DAY_MS,
          () => undefined,
        );
        seen.push(result.record.predictionSet);
      }
      expect(seen.map((set) => set!.outcomes)).toEqual([0, 0, 1, 2]);
      expect(seen[0]).toEqual({ coverage: 0.9, missRate: expect.closeTo(0.1, 12), outcomes: 0, classes: [0, 1] });
      expect(history.served.predictions.map(({ predictionSet }) => predictionSet)).toEqual(seen.map((set) => set!.classes));
    } finally {
      await session.close();
    }
  });

  it('asks a second source of prices where one is configured', async () => {
    await withSession(0, saying([0.8, 0.1, 0.1]), async ({ cycle }) => {
      const view = await cycle.market.view(FIRST_MS);
      const { series } = view;
      const other = series.find((one) => one.dataset === 'price_data' && one.series !== CANONICAL)!.series;
      const reasons = async (secondSource: string, factor = 1) => {
        const quote = async () => ({ priceUsd: view.lastClose(CANONICAL, FIRST_MS).times(factor), atMs: FIRST_MS });
        const settings = { ...cycle.settings, secondSource };
        const parts = { ...cycle, settings, market: { ...cycle.market, quote } };
        return (await decideAt(parts, view, 'second', FIRST_MS, true)).risk.reasons.map(({ rule, value }) => [rule, value]);
      };
      expect(await reasons(other)).toEqual([]);
      expect(await reasons(other, 1.5)).toEqual([
        ['price_sanity', expect.anything()],
        ['second_source', expect.anything()],
      ]);
      expect(await reasons('nobody:ETHUSDT:1h')).toEqual([['second_source', 'unknown']]);
    });
  });

  it('sizes by volatility or growth where configured', async () => {
    const buying = saying([0.8, 0.1, 0.1]);
    const wanted = async (...overrides: string[]) => {
      const { parts } = later(0);
      const config = loadConfig({ env: {}, overrides: ['model.trainDays=60', 'gate.windowDays=30', ...overrides] });
      const view = await loadView({ ...parts, config }, FIRST_MS);
      const route = paperRoute(config, 'paper', async () => undefined);
      const said = { modelId: 'said', classIndex: 0 as const, probabilities: [0.8, 0.1, 0.1] as const, confidence: 0.8 };
      return wantedExposure(cycleSettings(config, route, null), view, buying, said, FIRST_MS);
    };
    expect(await wanted()).toBe(0.5);
    const low = await wanted('strategy.sizing.method=volatility', 'strategy.sizing.annualVolatility=0.1');
    const high = await wanted('strategy.sizing.method=volatility', 'strategy.sizing.annualVolatility=0.2');
    expect(low).toBeGreaterThan(0);
    expect(high / low).toBeCloseTo(2, 9);
    expect(await wanted('strategy.sizing.method=kelly', 'strategy.sizing.maxExposure=0.3')).toBe(0.3);
    expect(await wanted('strategy.sizing.scaleByConfidence=true')).toBeCloseTo((0.5 * 0.35) / 0.55, 9);
  });

  it('sizes by what classes returned in the window of the model, whatever the configuration says today', async () => {
    const { parts } = later(0);
    const sized = async (trainDays: number, days: number) => {
      const sizing = ['strategy.sizing.method=kelly', 'strategy.sizing.kellyFraction=0.01', 'strategy.sizing.maxExposure=1'];
      const overrides = [`model.trainDays=${trainDays}`, 'gate.windowDays=30', ...sizing];
      const config = loadConfig({ env: {}, overrides });
      const view = await loadView({ ...parts, config }, FIRST_MS);
      const said = { modelId: 'said', classIndex: 0 as const, probabilities: [0.5, 0.3, 0.2] as const, confidence: 0.5 };
      const model = { ...saying([0.5, 0.3, 0.2]), trainDays: days };
      return wantedExposure(
        cycleSettings(
          config,
          paperRoute(config, 'paper', async () => undefined),
          null,
        ),
        view,
        model,
        said,
        FIRST_MS,
      );
    };
    const own = await sized(365, 30);
    expect(own).toBeGreaterThan(0);
    expect(own).toBeLessThan(1);
    expect(await sized(60, 30)).toBe(own);
    expect(await sized(365, 5)).not.toBe(own);
  });

  it('is made again the same from what was known then, and a changed record is found', async () => {
    const lastMs = FIRST_MS + 2 * DAY_MS;
    let id = '';
    await withSession(2 * DAY_MS, undefined, async ({ cycle }) => {
      id = (await runDailyCycle(cycle, lastMs)).record.decisionId;
    });
    const { parts, clock } = later(3 * DAY_MS);
    const registry = new ModelRegistry(join(parts.dataDir, 'models'), clock);
    expect(await replayDecision(parts, registry, id)).toMatchObject({ identical: true, differences: [] });
    const changed = { ...parts, config: { ...parts.config, strategy: { ...parts.config.strategy, name: 'other' } } };
    expect(await replayDecision(changed, registry, id)).toMatchObject({
      identical: false,
      isConfigChanged: true,
      differences: [{ path: 'strategy', recorded: 'main', again: 'other' }],
    });
    const file = join(parts.dataDir, 'trades/decisions.ndjson');
    const records = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as DecisionRecord);
    const write = (all: readonly object[]) => writeFileSync(file, all.map((record) => `${JSON.stringify(record)}\n`).join(''));
    write(records.map(({ predictionSet: _, ...older }) => older));
    expect(await replayDecision(parts, registry, id)).toMatchObject({ identical: true, differences: [] });
    const tampered = records.map((record) => ({ ...record, features: { ...record.features, rsi_14: 1 } }));
    write(tampered);
    const found = await replayDecision(parts, registry, id);
    expect(found).toMatchObject({ identical: false, differences: [{ path: 'features.rsi_14', recorded: 1 }] });
    await expect(replayDecision(parts, registry, 'nothing')).rejects.toMatchObject({ code: 'replay.no_such_decision' });
  });
});

describe('the history of equity', () => {
  const pathOf = () => join(history.parts.dataDir, PATHS.performance);
  const limitsNow = (session: TradingSession) =>
    accountView(session.cycle.engine.ledger, money(2000), END_MS + 9 * DAY_MS, session.cycle.performance.points);

  it('is made anew from the journal where its file was lost or cut short, and the limits are the same', async () => {
    const says = saying([0.8, 0.1, 0.1]);
    let before: unknown;
    await withSession(0, says, async (session) => {
      for (const day of [0, 1, 2]) await runDailyCycle(session.cycle, FIRST_MS + day * DAY_MS);
      before = limitsNow(session);
    });
    const content = readFileSync(pathOf(), 'utf8');
    const lines = content.trimEnd().split('\n');
    expect(lines.length).toBeGreaterThanOrEqual(3);
    const points = lines.length;
    for (const left of ['', `${lines[0]}\n`, `${lines.slice(1).join('\n')}\n`]) {
      if (left === '') rmSync(pathOf());
      else writeFileSync(pathOf(), left);
      const missingInHistory = points - (left === '' ? 0 : left.trimEnd().split('\n').length);
      expect(await verifyJournal(history.parts)).toMatchObject({ equity: { points, missingInHistory } });
      await withSession(0, says, async (session) => expect(limitsNow(session)).toEqual(before));
      expect(await readPerformanceLog(pathOf())).toEqual(lines.map((line) => JSON.parse(line)));
    }
  });

  it('is refused by the check of the journal where it says something else', async () => {
    const content = readFileSync(pathOf(), 'utf8');
    writeFileSync(pathOf(), content.replace(/"equityUsd":[\d.]+/, '"equityUsd":1'));
    await expect(verifyJournal(history.parts)).rejects.toMatchObject({ code: 'journal.equity_differs' });
    writeFileSync(pathOf(), content);
    expect(await verifyJournal(history.parts)).toMatchObject({ verified: true, equity: { missingInHistory: 0 } });
  });
});
