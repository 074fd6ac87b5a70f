import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ClassIndex, HOUR_MS, type Prediction } from '../domain/index.ts';
import { type DecisionPolicy, type DecisionView, decide, type HeldPosition } from './decide.ts';

const T = 1_700_000_000_000;
const long: DecisionPolicy = {
  confidenceThreshold: 0.45,
  targetExposure: 0.5,
  rebalanceBand: 0.05,
  maxHoldingMs: 24 * HOUR_MS,
  maxDataAgeMs: 72 * HOUR_MS,
};
const both: DecisionPolicy = { ...long, shortExposure: 0.5 };
const view: DecisionView = { decisionTimeMs: T, isBarSuspect: false, dataAgeMs: 0, dataVerdicts: [] };
const says = (classIndex: ClassIndex, confidence = 0.6): Prediction => ({
  modelId: 'm',
  classIndex,
  probabilities: [0.6, 0.2, 0.2],
  confidence,
});
const [BUY, SELL, HOLD] = [says(0), says(1), says(2)];
const held = (exposure: number, hoursAgo = 1): HeldPosition => ({ exposure, lastBuyMs: T - hoursAgo * HOUR_MS });

describe('decide, where shorting is allowed', () => {
  it.each([
    ['SELL from flat', SELL, { exposure: 0 }, 'SELL', -0.5, true],
    ['SELL while long', SELL, held(0.5), 'SELL', -0.5, true],
    ['SELL while a little long, within the band of the target', SELL, held(0.01), 'SELL', -0.5, true],
    ['SELL while short enough', SELL, held(-0.47), 'HOLD', null, true],
    ['SELL while too short', SELL, held(-0.7), 'BUY', -0.5, true],
    ['BUY while short', BUY, held(-0.5), 'BUY', 0.5, true],
    ['HOLD while short', HOLD, held(-0.5, 23), 'HOLD', null, false],
    ['HOLD when the time of a short is over', HOLD, held(-0.5, 24), 'BUY', 0, false],
    ['a weak SELL', says(1, 0.4), { exposure: 0 }, 'HOLD', null, false],
  ] as const)('%s', (_name, prediction, position, action, targetExposure, renewsHolding) => {
    expect(decide(view, prediction, position, both)).toMatchObject({ action, targetExposure, renewsHolding });
  });

  it('closes on a SELL that asks for no short, whichever side is held, and renews nothing', () => {
    const none = { ...both, shortExposure: 0 };
    expect(decide(view, SELL, held(0.5), none)).toMatchObject({ action: 'SELL', targetExposure: 0, renewsHolding: false });
    expect(decide(view, SELL, held(-0.5), none)).toMatchObject({ action: 'BUY', targetExposure: 0, renewsHolding: false });
    expect(decide(view, SELL, { exposure: 0 }, none)).toMatchObject({ action: 'HOLD', targetExposure: null });
  });

  it('says why, with the exposure that it leaves and the one that it wants', () => {
    const because = (prediction: Prediction, position: HeldPosition) => decide(view, prediction, position, both).reasons;
    expect(because(SELL, held(0.25))).toEqual([{ rule: 'signal_sell', value: 0.25, limit: -0.5 }]);
    expect(because(SELL, held(0.01))).toEqual([{ rule: 'signal_sell', value: 0.01, limit: -0.5 }]);
    expect(because(BUY, held(-0.25))).toEqual([{ rule: 'signal_buy', value: -0.25, limit: 0.5 }]);
    expect(because(SELL, held(-0.46875))).toEqual([{ rule: 'rebalance_band', value: -0.03125, limit: 0.05 }]);
    expect(because(HOLD, held(-0.5, 24))).toEqual([{ rule: 'max_holding', value: 24 * HOUR_MS, limit: 24 * HOUR_MS }]);
    expect(decide(view, SELL, held(-0.5), long).reasons).toEqual([{ rule: 'short_not_allowed', value: -0.5, limit: 0 }]);
  });

  it('leaves what lies on the other side of zero even where the target is within the band', () => {
    const wide = { ...both, targetExposure: 0.01, shortExposure: 0.01 };
    expect(decide(view, BUY, held(-0.02), wide)).toMatchObject({ action: 'BUY', targetExposure: 0.01 });
    expect(decide(view, SELL, held(0.02), wide)).toMatchObject({ action: 'SELL', targetExposure: -0.01 });
    expect(decide(view, BUY, held(0.02), wide).action).toBe('HOLD');
    expect(decide(view, BUY, { exposure: 0 }, wide).action).toBe('HOLD');
    expect(decide(view, SELL, { exposure: 0 }, wide).action).toBe('HOLD');
    expect(decide(view, SELL, held(-0.02), wide).action).toBe('HOLD');
  });

  it('closes a short that is left from when shorting was allowed', () => {
    expect(decide(view, SELL, held(-0.5), long)).toMatchObject({
      action: 'BUY',
      targetExposure: 0,
      reasons: [{ rule: 'short_not_allowed' }],
    });
    expect(decide(view, HOLD, held(-0.5, 25), long)).toMatchObject({ action: 'BUY', targetExposure: 0 });
  });

  it('mirrors: what BUY does to an exposure, SELL does to its opposite', () => {
    const exposures = fc.double({ min: -1, max: 1, noNaN: true });
    fc.assert(
      fc.property(exposures, fc.integer({ min: 0, max: 48 }), fc.boolean(), (exposure, hours, isHold) => {
        const one = decide(view, isHold ? HOLD : BUY, held(exposure, hours), both);
        const other = decide(view, isHold ? HOLD : SELL, held(-exposure, hours), both);
        const opposite = { BUY: 'SELL', SELL: 'BUY', HOLD: 'HOLD' } as const;
        expect(other.action).toBe(opposite[one.action]);
        expect(other.targetExposure).toBe(one.targetExposure === null ? null : 0 - one.targetExposure);
        expect(other.renewsHolding).toBe(one.renewsHolding);
      }),
    );
  });
});
