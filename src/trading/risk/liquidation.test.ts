import { describe, expect, it } from 'vitest';
import { money } from '../../domain/index.ts';
import { isNearLiquidation, liquidationDistance, liquidationPrice } from './liquidation.ts';
import type { FuturesLimits } from './risk-limits.ts';

const futures: FuturesLimits = {
  leverage: 2,
  allowShort: true,
  minLiquidationDistance: 0.25,
  maintenanceMarginRate: 0.01,
  stopLoss: 0.08,
};

describe('liquidationPrice', () => {
  it.each([
    ['long', 2, 1000, 0.01],
    ['short', -2, 1000, 0.01],
    ['long without maintenance margin', 1, 500, 0],
  ])('leaves a %s position its maintenance margin and no more', (_name, quantityEth, marginUsd, maintenanceMarginRate) => {
    const price = liquidationPrice({ quantityEth, entryPriceUsd: 2000, marginUsd, maintenanceMarginRate });
    const left = marginUsd + quantityEth * (price - 2000);
    expect(left).toBeCloseTo(Math.abs(quantityEth) * price * maintenanceMarginRate, 8);
    expect(liquidationDistance(quantityEth, price, 2000)).toBeGreaterThan(0);
    expect(liquidationDistance(quantityEth, price, price)).toBeCloseTo(0, 12);
  });

  it('is zero of a long position that is paid for, and of none', () => {
    const paid = { quantityEth: 1, entryPriceUsd: 2000, marginUsd: 2000, maintenanceMarginRate: 0.01 };
    expect(liquidationPrice(paid)).toBe(0);
    expect(liquidationPrice({ ...paid, marginUsd: 3000 })).toBe(0);
    expect(liquidationPrice({ ...paid, quantityEth: 0 })).toBe(0);
  });

  it('is near at half the distance that a new position needs', () => {
    const short = { quantityEth: money(-1), costUsd: money(-2000) };
    // Reckoned: 3000 / 1.01 = 2970.3; half of 0.25 is reached at 2970.3 / 1.125 = 2640.3.
    expect(isNearLiquidation(short, futures, 2640)).toBe(false);
    expect(isNearLiquidation(short, futures, 2641)).toBe(true);
    expect(isNearLiquidation(short, futures, 2000, 2200)).toBe(true);
    expect(isNearLiquidation({ quantityEth: money(1), costUsd: money(2000) }, futures, 1155)).toBe(false);
    expect(isNearLiquidation({ quantityEth: money(1), costUsd: money(2000) }, futures, 1154)).toBe(true);
    expect(isNearLiquidation({ quantityEth: money(0), costUsd: money(0) }, futures, 1)).toBe(false);
  });
});
