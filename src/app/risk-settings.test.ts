import { expect, it } from 'vitest';
import { loadConfig } from '../config/index.ts';
import { DAY_MS, HOUR_MS } from '../domain/index.ts';
import { DEFAULT_RISK_LIMITS } from '../trading/index.ts';
import { exposurePolicy, riskLimits } from './risk-settings.ts';

const configured = (...overrides: string[]) => loadConfig({ env: {}, overrides });

it('has the shipped limits as the default of the configuration', () => {
  expect(riskLimits(configured(), 'paper')).toEqual(DEFAULT_RISK_LIMITS);
});

it('asks for skill with real money alone, unless it is overridden', () => {
  expect(riskLimits(configured(), 'live').needsSkill).toBe(true);
  expect(riskLimits(configured(), 'sandbox').needsSkill).toBe(false);
  expect(riskLimits(configured('risk.allowNoSkill=true'), 'live').needsSkill).toBe(false);
});

it('takes protections under the names that people know, each once', () => {
  const protections = [
    { method: 'CooldownPeriod', stopHours: 5 },
    { method: 'StoplossGuard', lookbackHours: 24, tradeLimit: 2, stopHours: 12 },
    { method: 'MaxDrawdown', lookbackHours: 48, tradeLimit: 3, stopHours: 6, maxAllowedDrawdown: 0.1 },
    { method: 'LowProfitPairs', lookbackHours: 72, tradeLimit: 4, stopHours: 7, requiredProfit: -0.02 },
  ];
  expect(riskLimits(configured(`risk.protections=${JSON.stringify(protections)}`), 'paper')).toMatchObject({
    cooldownMs: 5 * HOUR_MS,
    stoplossGuard: { lookbackMs: DAY_MS, trades: 2, stopMs: DAY_MS / 2 },
    maxDrawdownGuard: { lookbackMs: 2 * DAY_MS, trades: 3, stopMs: 6 * HOUR_MS, drawdown: 0.1 },
    lowProfitPairs: { lookbackMs: 3 * DAY_MS, trades: 4, stopMs: 7 * HOUR_MS, profit: -0.02 },
  });
  const twice = JSON.stringify([protections[0], protections[0]]);
  expect(() => configured(`risk.protections=${twice}`)).toThrow(/at most once/);
  expect(() => configured('risk.protections=[{"method":"Nothing"}]')).toThrow(/risk.protections/);
});

it.each([
  ['fixed', { kind: 'fixed', fraction: 0.5, scaleByConfidence: false }],
  ['volatility', { kind: 'volatility', annualTarget: 0.4, maxExposure: 1, scaleByConfidence: false }],
  ['kelly', { kind: 'kelly', lambda: 0.25, maxExposure: 1, scaleByConfidence: false }],
])('sizes by %s', (method, policy) => {
  expect(exposurePolicy(configured(`strategy.sizing.method=${method}`))).toEqual(policy);
});
