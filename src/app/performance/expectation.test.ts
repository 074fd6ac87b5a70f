import { describe, expect, it } from 'vitest';
import { createRng, DAY_MS } from '../../domain/index.ts';
import type { DecisionRecord, Fill, OrderIntent } from '../../trading/index.ts';
import { compareWithExpectation, type ExpectationInput } from './expectation.ts';

const DAYS = 60;
const START = Date.UTC(2024, 0, 1, 23);
const rng = createRng(3);
const noise = Array.from({ length: DAYS }, () => rng() - 0.5);
const wiggle = (drift: number, scale: number) => {
  let usd = 10_000;
  return noise.map((x) => (usd *= 1 + drift + scale * x));
};

/** Sixty days on which class 0 came true, said with `hit` of them right, and fills that slipped by `slippageBps`. */
function input(over: { drift?: number; right?: number; slippageBps?: number; days?: number } = {}): ExpectationInput {
  const { drift = 0, right = 0.5, slippageBps = 5, days = DAYS } = over;
  const times = Array.from({ length: days }, (_, i) => START + i * DAY_MS);
  const expected = wiggle(0, 0.02);
  const realised = wiggle(drift, 0.021);
  const records = times.map((decisionTimeMs, i) => {
    const isRight = (i * 7919) % DAYS < right * DAYS;
    return {
      decisionTimeMs,
      prediction: {
        modelId: 'm',
        classIndex: isRight ? 0 : 1,
        probabilities: isRight ? [0.5, 0.3, 0.2] : [0.3, 0.5, 0.2],
        confidence: 0.5,
      },
    } as unknown as DecisionRecord;
  });
  const fill = (side: 'buy' | 'sell', i: number) => ({
    fill: { side, priceUsd: String(2_000 * (1 + ((side === 'buy' ? 1 : -1) * (slippageBps + noise[i]!)) / 1e4)) } as Fill,
    intent: { referencePriceUsd: '2000' } as OrderIntent,
  });
  return {
    records,
    expectedDays: times.map((timeMs, i) => ({ timeMs, equityUsd: expected[i]!, priceUsd: 2_000, outcome: 0 })),
    equity: times.map((timeMs, i) => ({ timeMs, usd: realised[i]! })),
    manifests: new Map([['m', { metrics: { accuracy: 0.5, logLoss: 0.95, brier: 0.6, ece: 0.02, days: 200 } }]]),
    fills: Array.from({ length: days / 2 }, (_, i) => fill(i % 2 === 0 ? 'buy' : 'sell', i)),
    assumedSlippageBps: 5,
    rng: createRng(1),
  };
}
const figures = (over: Parameters<typeof input>[0]) =>
  new Map(compareWithExpectation(input(over)).figures.map((figure) => [figure.name, figure]));

describe('compareWithExpectation', () => {
  it('finds what came as expected to be so, with an interval around nothing', () => {
    const found = figures({});
    expect([...found.values()].map(({ name, verdict }) => `${name} ${verdict}`)).toEqual([
      'return_per_day as_expected',
      'hit_rate as_expected',
      'log_loss as_expected',
      'slippage_bps as_expected',
    ]);
    for (const { interval } of found.values()) expect(interval![0] <= 0 && interval![1] >= 0).toBe(true);
  });

  it.each([
    ['return_per_day', { drift: -0.002 }, 'worse'],
    ['return_per_day', { drift: 0.002 }, 'better'],
    ['hit_rate', { right: 0.1 }, 'worse'],
    ['hit_rate', { right: 0.9 }, 'better'],
    ['log_loss', { right: 0.1 }, 'worse'],
    ['log_loss', { right: 0.9 }, 'better'],
    ['slippage_bps', { slippageBps: 12 }, 'worse'],
    ['slippage_bps', { slippageBps: 1 }, 'better'],
  ] as const)('says of %s with %j that it is %s than expected', (name, over, verdict) => {
    expect(figures(over).get(name)).toMatchObject({ verdict, text: expect.stringContaining(verdict) });
  });

  it('counts slippage of purchases and sales alike: above zero costs', () => {
    expect(figures({ slippageBps: 12 }).get('slippage_bps')).toMatchObject({ expected: 5, observations: 30 });
    expect(figures({ slippageBps: 12 }).get('slippage_bps')!.realised).toBeCloseTo(12, 0);
  });

  it('says nothing of a few days', () => {
    for (const figure of figures({ days: 10 }).values()) expect(figure).toMatchObject({ verdict: 'too_few', interval: null });
  });

  it('leaves days of models out that nothing is known of, and says which', () => {
    const { unknownModels, figures: found } = compareWithExpectation({ ...input(), manifests: new Map() });
    expect(unknownModels).toEqual(['m']);
    expect(found.find(({ name }) => name === 'hit_rate')).toMatchObject({ observations: 0, expected: null, realised: null });
  });
});
