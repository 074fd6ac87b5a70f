import { describe, expect, it } from 'vitest';
import { walkForward } from '../src/app/backtest.ts';
import { summarize } from '../src/app/run-report.ts';
import { DAY_MS, type TimeMs } from '../src/domain/index.ts';
import { END_MS, simulatedHistory } from './simulated-history.fixture.ts';

const DAYS = 84;

/** What a walk-forward backtest with weekly trainings says of its own skill in a simulated world. */
async function judged(seed: number, edge: number) {
  const history = await simulatedHistory({ seed, edge, days: 365 + 36 + DAYS });
  const { config } = history.parts;
  const startMs = END_MS - DAYS * DAY_MS;
  const runUntil = (endMs: TimeMs) => walkForward(history.parts, { startMs, endMs, retrainEveryDays: 7 });
  try {
    const run = await runUntil(END_MS - 2 * DAY_MS);
    return { ...summarize(run, config, 1, { trials: 1 }), run, beginning: await runUntil(startMs + 20 * DAY_MS) };
  } finally {
    await history.close();
  }
}

const TIMEOUT_MS = 300_000;

describe('a backtest is honest', () => {
  it('reports no skill in a world where the chain says nothing about the price', { timeout: TIMEOUT_MS }, async () => {
    const { score } = await judged(21, 0);
    expect(score.days).toBeGreaterThan(75);
    expect(score.skill.verdict).toBe('none');
  });

  it('finds a planted link, and decides on a day the same whatever comes later', { timeout: TIMEOUT_MS }, async () => {
    const { score, run, beginning } = await judged(22, 0.5);
    expect(beginning.cycles.length).toBeGreaterThan(15);
    expect(run.cycles.slice(0, beginning.cycles.length).map(({ record }) => record)).toEqual(
      beginning.cycles.map(({ record }) => record),
    );
    expect(score.skill.verdict).toBe('found');
    expect(score.logLoss!).toBeLessThan(score.baselineLogLoss! - 0.03);
  });
});
