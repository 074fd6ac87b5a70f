import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ClassIndex, HOUR_MS, type Prediction } from '../domain/index.ts';
import { type DecisionPolicy, type DecisionView, decide, type HeldPosition } from './decide.ts';

const T = 1_700_000_000_000;
const policy: DecisionPolicy = {
  confidenceThreshold: 0.45,
  targetExposure: 0.5,
  rebalanceBand: 0.05,
  maxHoldingMs: 24 * HOUR_MS,
  maxDataAgeMs: 72 * HOUR_MS,
};
const view: DecisionView = { decisionTimeMs: T, isBarSuspect: false, dataAgeMs: 0, dataVerdicts: [] };
const says = (classIndex: ClassIndex, confidence = 0.6): Prediction => ({
  modelId: 'm',
  classIndex,
  probabilities: [0.6, 0.2, 0.2],
  confidence,
});
const [BUY, SELL, HOLD] = [says(0), says(1), says(2)];
const flat: HeldPosition = { exposure: 0 };
const held = (exposure: number, hoursAgo: number): HeldPosition => ({ exposure, lastBuyMs: T - hoursAgo * HOUR_MS });
const rules = (...args: Parameters<typeof decide>) => decide(...args).reasons.map(({ rule }) => rule);

describe('decide', () => {
  it.each([
    ['BUY from flat', BUY, flat, 'BUY', 0.5],
    ['BUY far below the target', BUY, held(0.3, 1), 'BUY', 0.5],
    ['BUY far above the target', BUY, held(0.7, 1), 'SELL', 0.5],
    ['BUY within the band', BUY, held(0.46, 1), 'HOLD', null],
    ['SELL while holding', SELL, held(0.5, 1), 'SELL', 0],
    ['SELL while flat', SELL, flat, 'HOLD', null],
    ['HOLD while flat', HOLD, flat, 'HOLD', null],
    ['HOLD before the time is over', HOLD, held(0.5, 23.99), 'HOLD', null],
    ['HOLD when the time is over', HOLD, held(0.5, 24), 'SELL', 0],
    ['HOLD with a position whose BUY is not known', HOLD, { exposure: 0.5 }, 'SELL', 0],
    ['a weak BUY', says(0, 0.44), flat, 'HOLD', null],
    ['a BUY at the threshold', says(0, 0.45), flat, 'BUY', 0.5],
    ['a weak SELL', says(1, 0.44), held(0.5, 1), 'HOLD', null],
    ['a confidence that is not a number', says(0, Number.NaN), flat, 'HOLD', null],
  ] as const)('%s', (_name, prediction, position, action, targetExposure) => {
    expect(decide(view, prediction, position, policy)).toMatchObject({ action, targetExposure });
  });

  it.each([
    ['no_prediction', view, undefined],
    ['suspect_bar', { ...view, isBarSuspect: true }, BUY],
    ['data_too_old', { ...view, dataAgeMs: 73 * HOUR_MS }, BUY],
    ['data_too_old', { ...view, dataAgeMs: Number.NaN }, SELL],
    ['data_missing', { ...view, dataVerdicts: [{ dataset: 'price_data', verdict: 'missing', isRequired: true }] }, BUY],
    ['data_suspect', { ...view, dataVerdicts: [{ dataset: 'price_data', verdict: 'suspect', isRequired: true }] }, BUY],
    ['data_stale', { ...view, dataVerdicts: [{ dataset: 'price_data', verdict: 'stale', isRequired: true }] }, BUY],
  ] as const)('holds because of %s, and still ends a position whose time is over', (rule, doubtful, prediction) => {
    expect(rules(doubtful, prediction, flat, policy)).toEqual([rule, 'flat']);
    expect(decide(doubtful, prediction, held(0.5, 1), policy).targetExposure).toBeNull();
    expect(decide(doubtful, prediction, held(0.5, 25), policy)).toMatchObject({ action: 'SELL', targetExposure: 0 });
  });

  it('says why, with value and limit', () => {
    const because = (prediction: Prediction | undefined, position: HeldPosition) => decide(view, prediction, position, policy);
    expect(because(BUY, held(0.25, 1)).reasons).toEqual([{ rule: 'signal_buy', value: 0.25, limit: 0.5 }]);
    expect(because(BUY, held(0.46875, 1)).reasons).toEqual([{ rule: 'rebalance_band', value: 0.03125, limit: 0.05 }]);
    expect(because(SELL, held(0.5, 1))).toMatchObject({ reasons: [{ rule: 'signal_sell' }], renewsHolding: false });
    expect(because(SELL, flat).reasons).toMatchObject([{ rule: 'already_flat' }]);
    expect(because(says(0, 0.25), held(0.5, 1)).reasons).toEqual([
      { rule: 'confidence_below_threshold', value: 0.25, limit: 0.45 },
      { rule: 'holding', value: HOUR_MS, limit: 24 * HOUR_MS },
    ]);
    expect(because(undefined, flat)).toMatchObject({ label: 'HOLD', confidence: null });
    expect(because(SELL, flat)).toMatchObject({ label: 'SELL', confidence: 0.6 });
    expect(decide({ ...view, isBarSuspect: true }, undefined, flat, policy).action).toBe('HOLD');
  });

  it('trusts data as old as the limit, and trades a change as large as the band', () => {
    expect(decide({ ...view, dataAgeMs: 72 * HOUR_MS }, BUY, flat, policy).action).toBe('BUY');
    const wide = { ...policy, rebalanceBand: 0.25 };
    expect(decide(view, BUY, held(0.25, 1), wide).action).toBe('BUY');
    const required = [{ dataset: 'price_data', verdict: 'ok', isRequired: true }] as const;
    expect(decide({ ...view, dataVerdicts: required }, BUY, flat, policy).action).toBe('BUY');
  });

  it('lets inputs that are not required, and warnings, pass', () => {
    const verdicts = [
      { dataset: 'sentiment_data', verdict: 'missing', isRequired: false },
      { dataset: 'price_data', verdict: 'warning', isRequired: true },
    ] as const;
    expect(decide({ ...view, dataVerdicts: verdicts }, BUY, flat, policy).action).toBe('BUY');
  });

  it('renews the holding time on every trusted BUY, traded or not, and on nothing else', () => {
    expect(decide(view, BUY, held(0.5, 20), policy)).toMatchObject({ action: 'HOLD', renewsHolding: true });
    expect(decide(view, HOLD, held(0.5, 20), policy).renewsHolding).toBe(false);
    expect(decide(view, says(0, 0.4), held(0.5, 20), policy).renewsHolding).toBe(false);
  });

  it('is a function: same arguments, same decision, arguments untouched, numbers in reasons finite', () => {
    const position = fc.record({
      exposure: fc.double({ min: 0, max: 1.2, noNaN: true }),
      lastBuyMs: fc.option(fc.integer({ min: T - 1e9, max: T }), { nil: undefined }),
    });
    const prediction = fc.option(
      fc.tuple(fc.constantFrom<ClassIndex>(0, 1, 2), fc.double({ min: 0, max: 1 })).map(([c, p]) => says(c, p)),
      { nil: undefined },
    );
    fc.assert(
      fc.property(prediction, position, fc.boolean(), fc.double(), (said, at, isBarSuspect, dataAgeMs) => {
        const input = Object.freeze({ ...view, isBarSuspect, dataAgeMs });
        const decision = decide(input, said && Object.freeze(said), Object.freeze(at), Object.freeze({ ...policy }));
        expect(decide(input, said, at, policy)).toEqual(decision);
        expect(JSON.parse(JSON.stringify(decision.reasons))).toEqual(decision.reasons);
        if (decision.targetExposure === null) expect(decision.action).toBe('HOLD');
        expect([null, 0, 0.5]).toContain(decision.targetExposure);
      }),
    );
  });
});
