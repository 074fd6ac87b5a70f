import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { money } from '../../domain/index.ts';
import { BINANCE_ETHUSDT_FILTERS, brokenFilter, UNFILTERED } from '../symbol-filters.ts';
import { type SizingInput, sizeOrder } from './size-order.ts';

const decimal = (max: number, decimals: number) =>
  fc.integer({ min: 0, max: max * 10 ** decimals }).map((units) => money(units).div(10 ** decimals));
const inputs: fc.Arbitrary<SizingInput> = fc.record({
  targetExposure: fc.double({ min: 0, max: 1, noNaN: true }),
  cashUsd: decimal(100_000, 6),
  positionEth: decimal(50, 8),
  priceUsd: decimal(10_000, 2).map((price) => price.plus('0.01')),
  feeBps: fc.integer({ min: 0, max: 50 }),
  slippageBps: fc.integer({ min: 0, max: 50 }),
  filters: fc.constantFrom(BINANCE_ETHUSDT_FILTERS, UNFILTERED),
});

describe('sizeOrder', () => {
  it('obeys the filters, never spends more than cash, never sells more than is held', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const sizing = sizeOrder(input);
        if (sizing.kind === 'none') return;
        const { side, quantity } = sizing;
        expect(brokenFilter({ side, quantity }, input.priceUsd, input.filters)).toBeUndefined();
        if (side === 'sell') {
          expect(quantity.lte(input.positionEth)).toBe(true);
          return;
        }
        const fill = input.priceUsd.times(money(1).plus(money('0.0001').times(input.slippageBps)));
        const cost = quantity.times(fill).times(money(1).plus(money('0.0001').times(input.feeBps)));
        expect(cost.lte(input.cashUsd)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it('takes a share of what the account is worth after fees in other assets', () => {
    const given = { cashUsd: money(10_000), positionEth: money(0), priceUsd: money(2_000), feeBps: 10, slippageBps: 5 };
    const sized = (otherFeesUsd?: number) =>
      sizeOrder({
        ...given,
        ...(otherFeesUsd !== undefined && { otherFeesUsd: money(otherFeesUsd) }),
        targetExposure: 0.5,
        filters: BINANCE_ETHUSDT_FILTERS,
      });
    expect(sized()).toMatchObject({ kind: 'order', quantity: money('2.5') });
    expect(sized(400)).toMatchObject({ kind: 'order', quantity: money('2.4') });
  });

  it('comes within a step of the target where cash allows it', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const sizing = sizeOrder({ ...input, targetExposure: input.targetExposure * 0.9 });
        if (sizing.kind === 'none' || sizing.side === 'sell' || sizing.quantity.eq(input.filters.maxQuantity)) return;
        const after = input.positionEth.plus(sizing.quantity).times(input.priceUsd);
        const target = input.cashUsd.plus(input.positionEth.times(input.priceUsd)).times(input.targetExposure * 0.9);
        expect(after.lte(target)).toBe(true);
        expect(target.minus(after).lte(input.filters.quantityStep.times(input.priceUsd))).toBe(true);
      }),
    );
  });

  it('spends all cash on notional and fee at exposure 1', () => {
    const sizing = sizeOrder({
      targetExposure: 1,
      cashUsd: money(10_000),
      positionEth: money(0),
      priceUsd: money('333.33'),
      feeBps: 10,
      slippageBps: 0,
      filters: UNFILTERED,
    });
    expect(sizing.kind === 'order' && sizing.quantity.times('333.33').times('1.001').toNumber()).toBeCloseTo(10_000, 9);
  });

  it('sells everything at exposure 0, down to the step', () => {
    const input = {
      targetExposure: 0,
      cashUsd: money(0),
      positionEth: money('1.23456'),
      priceUsd: money(2000),
      feeBps: 10,
      slippageBps: 5,
      filters: BINANCE_ETHUSDT_FILTERS,
    };
    expect(sizeOrder(input)).toMatchObject({ kind: 'order', side: 'sell', quantity: money('1.2345') });
  });

  const account = {
    targetExposure: 0.5,
    cashUsd: money(10_000),
    positionEth: money(0),
    priceUsd: money(2000),
    feeBps: 0,
    slippageBps: 0,
    filters: BINANCE_ETHUSDT_FILTERS,
  };

  it('sells down to a smaller share, no more than is held or free, and no more than the venue takes at the market', () => {
    const held = { ...account, positionEth: money(5), cashUsd: money(0), targetExposure: 0.2 };
    const sold = (change: Partial<SizingInput> = {}) => sizeOrder({ ...held, ...change });
    expect(sold()).toEqual({ kind: 'order', side: 'sell', quantity: money(4), notionalUsd: money(8000) });
    expect(sold({ freeEth: money('1.5') })).toMatchObject({ side: 'sell', quantity: money('1.5') });
    expect(sold({ targetExposure: 0, freeEth: money(-1) })).toMatchObject({ kind: 'none', reason: { rule: 'nothing_to_trade' } });
    expect(sold({ filters: { ...BINANCE_ETHUSDT_FILTERS, marketMaxQuantity: money('2.5') } })).toMatchObject({
      side: 'sell',
      quantity: money('2.5'),
    });
    // Money that is owed makes the share larger than what is held.
    expect(sold({ cashUsd: money(-20_000) })).toMatchObject({ side: 'sell', quantity: money(5) });
  });

  it('holds a purchase to the rules for its limit, and a sale to none', () => {
    const narrow = { ...BINANCE_ETHUSDT_FILTERS, priceBandHigh: money('1.1'), sellBandHigh: money('1.1') };
    const limited = { ...account, filters: narrow, buyLimitUsd: money(2300) };
    expect(sizeOrder(limited)).toEqual({ kind: 'none', reason: { rule: 'price_band', value: '2300', limit: '2200' } });
    const held = { ...limited, positionEth: money(5), cashUsd: money(0), targetExposure: 0 };
    expect(sizeOrder(held)).toMatchObject({ kind: 'order', side: 'sell', quantity: money(5) });
  });

  it('buys no more at once than the venue takes: at the market, or with a limit', () => {
    const filters = { ...BINANCE_ETHUSDT_FILTERS, maxQuantity: money(2), marketMaxQuantity: money(1) };
    expect(sizeOrder({ ...account, filters })).toMatchObject({ side: 'buy', quantity: money(1) });
    expect(sizeOrder({ ...account, filters, buyLimitUsd: money(2000) })).toMatchObject({ side: 'buy', quantity: money(2) });
  });

  it('says why there is no order, with value and limit', () => {
    expect(sizeOrder({ ...account, priceUsd: money(-5) })).toEqual({
      kind: 'none',
      reason: { rule: 'price_not_positive', value: '-5', limit: '0' },
    });
    expect(sizeOrder({ ...account, cashUsd: money(0) })).toEqual({
      kind: 'none',
      reason: { rule: 'nothing_to_trade', value: '0', limit: '0.0001' },
    });
    expect(sizeOrder({ ...account, cashUsd: money(8) })).toEqual({
      kind: 'none',
      reason: { rule: 'min_notional', value: '4', limit: '5' },
    });
  });

  it.each([
    ['dust', { positionEth: money('0.00001') }, 'nothing_to_trade'],
    ['less than the minimum notional', { positionEth: money('0.002') }, 'min_notional'],
    ['a price of zero', { priceUsd: money(0) }, 'price_not_positive'],
    ['a negative price', { priceUsd: money(-5) }, 'price_not_positive'],
  ])('makes no order of %s', (_name, change, rule) => {
    const input = {
      targetExposure: 0,
      cashUsd: money(0),
      positionEth: money(1),
      priceUsd: money(2000),
      feeBps: 10,
      slippageBps: 5,
      filters: BINANCE_ETHUSDT_FILTERS,
    };
    expect(sizeOrder({ ...input, ...change })).toMatchObject({ kind: 'none', reason: { rule } });
  });
});
