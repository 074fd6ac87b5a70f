import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runDailyCycle } from '../src/app/daily-cycle.ts';
import { loadView } from '../src/app/load-view.ts';
import { replayDecision } from '../src/app/replay-decision.ts';
import { openTradingSession } from '../src/app/trading-session.ts';
import { DAY_MS, HOUR_MS, ManualClock } from '../src/domain/index.ts';
import { ModelRegistry } from '../src/model/index.ts';
import { DataManager } from '../src/storage/index.ts';
import { END_MS, simulatedHistory } from './simulated-history.fixture.ts';

const CANONICAL = 'binance:ETHUSDT:1h';
const DECISION_MS = END_MS - 3 * DAY_MS + 23 * HOUR_MS;
let history: Awaited<ReturnType<typeof simulatedHistory>>;
let store: DataManager;
const clock = new ManualClock(END_MS);
beforeAll(async () => {
  history = await simulatedHistory({ seed: 2, edge: 0, days: 60 });
  store = await DataManager.open(history.parts.dataDir, { clock, timer: history.parts.timer, world: history.parts.world });
});
afterAll(async () => {
  await store.close();
  await history.close();
});

const parts = () => ({ ...history.parts, store, clock });
const registry = () => new ModelRegistry(join(history.parts.dataDir, 'models'), clock);

async function decide(decisionTimeMs: number): Promise<string> {
  const session = await openTradingSession(parts(), {
    mode: 'paper',
    model: () => undefined,
    quote: async (atMs) => ({ priceUsd: (await loadView(parts(), atMs)).lastClose(CANONICAL, atMs), atMs: clock.nowMs() }),
  });
  try {
    return (await runDailyCycle(session.cycle, decisionTimeMs)).record.decisionId;
  } finally {
    await session.close();
  }
}

describe('replay after rows were dropped', () => {
  let before = '';
  it('is the same where no row of the decision went', async () => {
    before = await decide(DECISION_MS);
    clock.moveTo(END_MS + HOUR_MS);
    const [base] = await store.readDataset('price_data');
    await store.append([
      {
        dataset: 'live_blocks',
        series: 'node:eth:block',
        periodMs: 0,
        source: 'node',
        timeMs: base!.timeMs.slice(0, 50),
        endMs: base!.endMs.slice(0, 50),
        availableTimeMs: base!.endMs.slice(0, 50),
        ids: Array.from({ length: 50 }, (_, i) => String(i)),
        numbers: { gas: new Float64Array(50) },
      },
    ]);
    expect(await store.drop({ dataset: 'live_blocks', beforeMs: base!.endMs[20]! })).toMatchObject([{ rows: 20 }]);
    expect(await replayDecision(parts(), registry(), before)).toMatchObject({ identical: true, droppedSince: [] });
    expect((await store.verify()).ok).toBe(true);
  });

  it('says so where rows went that made a difference, and a decision of afterwards is the same again', async () => {
    const beforeMs = END_MS - 30 * DAY_MS;
    await store.drop({ dataset: 'price_data', beforeMs });
    const { identical, differences, droppedSince } = await replayDecision(parts(), registry(), before);
    expect(identical).toBe(false);
    expect(differences.length).toBeGreaterThan(0);
    expect(droppedSince).toContainEqual({ dataset: 'price_data', series: CANONICAL, beforeMs });
    clock.moveTo(END_MS + 2 * HOUR_MS);
    const after = await decide(DECISION_MS + DAY_MS);
    expect(await replayDecision(parts(), registry(), after)).toMatchObject({ identical: true, droppedSince: [] });
  });

  it('is refused with the reason where nothing is left to make it from', async () => {
    clock.moveTo(END_MS + 3 * HOUR_MS);
    await store.drop({ dataset: 'price_data', beforeMs: DECISION_MS + HOUR_MS });
    await expect(replayDecision(parts(), registry(), before)).rejects.toMatchObject({ code: 'replay.rows_dropped' });
    expect((await store.verify()).ok).toBe(true);
  });
});
