import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ClassReturns, type ExposurePolicy, targetExposureFor } from './exposure.ts';

const returns: ClassReturns = { means: [0.03, -0.03, 0], variance: 0.0016 };
const input = {
  confidence: 0.6,
  confidenceThreshold: 0.45,
  probabilities: [0.6, 0.2, 0.2] as const,
  dailyVolatility: 0.04,
  returns,
  roundTripCost: 0.003,
};

describe('targetExposureFor', () => {
  it.each<[string, ExposurePolicy, Partial<typeof input>, number]>([
    ['a fixed fraction', { kind: 'fixed', fraction: 0.5 }, {}, 0.5],
    ['half the volatility target', { kind: 'volatility', annualTarget: 0.04 * Math.sqrt(365) * 0.5, maxExposure: 1 }, {}, 0.5],
    ['a volatility target that is capped', { kind: 'volatility', annualTarget: 10, maxExposure: 0.8 }, {}, 0.8],
    ['no volatility known', { kind: 'volatility', annualTarget: 0.3, maxExposure: 0.8 }, { dailyVolatility: Number.NaN }, 0],
    ['a share of Kelly', { kind: 'kelly', lambda: 0.05, maxExposure: 1 }, {}, (0.05 * (0.012 - 0.003)) / 0.0016],
    ['Kelly that is capped', { kind: 'kelly', lambda: 1, maxExposure: 0.6 }, {}, 0.6],
    ['Kelly where costs eat the edge', { kind: 'kelly', lambda: 1, maxExposure: 1 }, { roundTripCost: 0.012 }, 0],
    ['Kelly without a variance', { kind: 'kelly', lambda: 1, maxExposure: 1 }, { returns: { ...returns, variance: 0 } }, 0],
  ])('%s', (_name, policy, change, expected) => {
    expect(targetExposureFor(policy, { ...input, ...change })).toBeCloseTo(expected, 12);
  });

  it('asks for a short where the expected return is as negative as a long needs it positive', () => {
    const kelly = { kind: 'kelly', lambda: 0.05, maxExposure: 1 } as const;
    const falling = { ...input, probabilities: [0.2, 0.6, 0.2] as const };
    const expected = (0.05 * (0.012 - 0.003)) / 0.0016;
    expect(targetExposureFor(kelly, { ...falling, direction: 'short' })).toBeCloseTo(expected, 12);
    expect(targetExposureFor(kelly, { ...falling, direction: 'long' })).toBe(0);
    expect(targetExposureFor(kelly, { ...input, direction: 'short' })).toBe(0);
    expect(targetExposureFor(kelly, { ...input, direction: 'long' })).toBeCloseTo(expected, 12);
  });

  it('goes no further than the largest that is allowed, with leverage beyond 1', () => {
    const fixed = (fraction: number, largest?: number) =>
      targetExposureFor({ kind: 'fixed', fraction }, { ...input, ...(largest !== undefined && { largest }) });
    expect([fixed(1.5), fixed(1.5, 2), fixed(3, 2), fixed(0.5, 0.25)]).toEqual([1, 1.5, 2, 0.25]);
    expect([fixed(0.5, -1), fixed(0.5, Number.NaN), fixed(0.5, 0)]).toEqual([0, 0, 0]);
  });

  it('scales with confidence above the threshold, where wanted', () => {
    const scaled = (confidence: number) =>
      targetExposureFor({ kind: 'fixed', fraction: 0.5, scaleByConfidence: true }, { ...input, confidence });
    expect(scaled(0.45)).toBe(0);
    expect(scaled(0.725)).toBeCloseTo(0.25, 12);
    expect(scaled(1)).toBe(0.5);
  });

  it('stays between 0 and 1 whatever goes in', () => {
    const policies: fc.Arbitrary<ExposurePolicy> = fc.oneof(
      fc.record({ kind: fc.constant('fixed' as const), fraction: fc.double(), scaleByConfidence: fc.boolean() }),
      fc.record({ kind: fc.constant('volatility' as const), annualTarget: fc.double(), maxExposure: fc.double() }),
      fc.record({ kind: fc.constant('kelly' as const), lambda: fc.double(), maxExposure: fc.double() }),
    );
    fc.assert(
      fc.property(policies, fc.double(), fc.double(), fc.double(), (policy, confidence, dailyVolatility, variance) => {
        const exposure = targetExposureFor(policy, { ...input, confidence, dailyVolatility, returns: { ...returns, variance } });
        expect(exposure).toBeGreaterThanOrEqual(0);
        expect(exposure).toBeLessThanOrEqual(1);
      }),
    );
  });
});
