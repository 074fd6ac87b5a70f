import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runDailyCycle } from '../src/app/daily-cycle.ts';
import { loadView } from '../src/app/load-view.ts';
import { performanceReport } from '../src/app/performance-report.ts';
import type { DecidingModel } from '../src/app/serving-model.ts';
import { openTradingSession } from '../src/app/trading-session.ts';
import { loadConfig } from '../src/config/index.ts';
import { DAY_MS, HOUR_MS, ManualClock } from '../src/domain/index.ts';
import type { Quote } from '../src/trading/index.ts';
import { END_MS, simulatedHistory } from './simulated-history.fixture.ts';

const CANONICAL = 'binance:ETHUSDT:1h';
const DAYS = 30;
let history: Awaited<ReturnType<typeof simulatedHistory>>;
beforeAll(async () => {
  history = await simulatedHistory({ seed: 5, edge: 0, days: 70 });
});
afterAll(() => history.close());

/** Says BUY on some days and SELL on others. */
const model = (day: number): DecidingModel => ({
  modelId: 'said',
  artifactSha256: 'none',
  trainedUntilMs: END_MS - (DAYS + 5) * DAY_MS,
  trainDays: 365,
  canonical: CANONICAL,
  ensemble: {
    featureNames: [],
    classShares: [1 / 3, 1 / 3, 1 / 3],
    predictProba: () => Float64Array.from(day % 4 < 2 ? [0.7, 0.2, 0.1] : [0.2, 0.7, 0.1]),
  },
});

/** Decides thirty days on paper, at the open of the next candle as backtests do, worse by so many basis points a side. */
async function decideDays(worseBps: number) {
  const clock = new ManualClock(END_MS - DAYS * DAY_MS);
  const parts = { ...history.parts, clock, config: loadConfig({ env: {}, overrides: [`price.canonical=${CANONICAL}`] }) };
  const view = await loadView(parts, END_MS);
  let day = 0;
  const quote = async (atMs: number): Promise<Quote | undefined> => {
    const found = view.firstPriceAfter(CANONICAL, atMs);
    return found && { ...found, priceUsd: found.priceUsd.times(1 + (day % 4 < 2 ? worseBps : -worseBps) / 1e4) };
  };
  const session = await openTradingSession(parts, { mode: 'paper', model: () => model(day), quote });
  for (; day < DAYS - 1; day++) {
    const decisionTimeMs = END_MS - (DAYS - day) * DAY_MS + 23 * HOUR_MS;
    clock.moveTo(decisionTimeMs);
    await runDailyCycle(session.cycle, decisionTimeMs);
  }
  await session.close();
  return parts;
}

describe('performance-report', () => {
  it('says of a data directory without decisions that there is nothing to compare', async () => {
    const { document, text } = await performanceReport(history.parts, { html: false });
    expect(document.expectation).toEqual({ why: expect.stringContaining('No decision') });
    expect(text).toContain('nothing to compare');
  });

  it('compares with the backtest of the same days: the same prices give the same money', { timeout: 120_000 }, async () => {
    const parts = await decideDays(0);
    const output = join(parts.dataDir, 'live.html');
    const { document, text } = await performanceReport(parts, { html: true, outputFile: output });
    const { expectation } = document;
    if ('why' in expectation) throw new Error(expectation.why);
    expect(expectation.days).toBe(DAYS - 1);
    expect(document.trades.length).toBeGreaterThan(4);
    expect(expectation.realisedReturn).toBeCloseTo(expectation.expectedReturn!, 10);
    const of = (name: string) => expectation.figures.find((figure) => figure.name === name)!;
    expect(of('return_per_day')).toMatchObject({ verdict: 'as_expected', observations: DAYS - 2 });
    expect(of('slippage_bps').realised).toBeCloseTo(parts.config.costs.slippageBps, 0);
    expect(expectation.unknownModels).toEqual(['said']);
    expect(text).toContain('SIMULATED: over 29 decided days');

    const page = readFileSync(output, 'utf8');
    expect(page).toContain('<title>SIMULATED');
    for (const part of ['Against expectation', 'Where it came from', 'Slippage', 'Return a day', '<svg', '<caption>']) {
      expect(page, part).toContain(part);
    }
    expect(page.match(/class="line (own|hold)"/g)).toEqual(['class="line hold"', 'class="line own"']);
    expect(page).not.toMatch(/NaN|Infinity|undefined|<script|<pre>/);
  });

  it('adds up: the parts of each closed trade are its profit, and the page shows the sum', async () => {
    const { document } = await performanceReport(history.parts, { html: false, isCompared: false });
    for (const { pnlUsd, signalUsd, timingUsd, slippageUsd, feesUsd } of document.attribution) {
      expect(Number(signalUsd) + Number(timingUsd) + Number(slippageUsd) + Number(feesUsd)).toBeCloseTo(Number(pnlUsd), 6);
    }
    expect(document.attribution.length).toBeGreaterThan(4);
  });
});
