import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { money } from '../../domain/index.ts';
import { BINANCE_ETHUSDT_PERPETUAL_FILTERS, brokenFilter, UNFILTERED, withoutSmallest } from '../symbol-filters.ts';
import { mostToOpen, type PerpetualSizingInput, sizePerpetualOrder } from './size-perpetual.ts';

const decimal = (min: number, max: number, decimals: number) =>
  fc.integer({ min: min * 10 ** decimals, max: max * 10 ** decimals }).map((units) => money(units).div(10 ** decimals));

/** An account in a position whose entry price need not be the price now. */
const inputs: fc.Arbitrary<PerpetualSizingInput> = fc
  .record({
    targetExposure: fc.double({ min: -6, max: 6, noNaN: true }),
    walletUsd: decimal(0, 100_000, 6),
    positionEth: decimal(-30, 30, 3),
    entry: decimal(500, 4_000, 2),
    priceUsd: decimal(500, 4_000, 2),
    feeBps: fc.integer({ min: 0, max: 50 }),
    slippageBps: fc.integer({ min: 0, max: 50 }),
    leverage: fc.integer({ min: 1, max: 5 }),
    filters: fc.constantFrom(BINANCE_ETHUSDT_PERPETUAL_FILTERS, UNFILTERED),
  })
  .map(({ entry, ...rest }) => ({ ...rest, cashUsd: rest.walletUsd.minus(rest.positionEth.times(entry)) }));

const plain = (more: Partial<PerpetualSizingInput>): PerpetualSizingInput => ({
  targetExposure: 0,
  cashUsd: money(10_000),
  walletUsd: money(10_000),
  positionEth: money(0),
  priceUsd: money(2000),
  feeBps: 0,
  slippageBps: 0,
  leverage: 1,
  filters: BINANCE_ETHUSDT_PERPETUAL_FILTERS,
  ...more,
});
const shape = (input: PerpetualSizingInput) => {
  const sizing = sizePerpetualOrder(input);
  return sizing.kind === 'order' ? [sizing.side, sizing.quantity.toFixed(), sizing.reduceOnly] : sizing.reason.rule;
};

/** No sale may be limited above the market price here, and no order at the market be larger than 2. */
const NARROW = { ...BINANCE_ETHUSDT_PERPETUAL_FILTERS, sellBandHigh: money(1), marketMaxQuantity: money(2) };

describe('sizePerpetualOrder', () => {
  it.each([
    ['a long position', plain({ targetExposure: 0.5 }), ['buy', '2.5', false]],
    ['a short one', plain({ targetExposure: -0.5 }), ['sell', '2.5', false]],
    ['all that the leverage leaves', plain({ targetExposure: -9, leverage: 3 }), ['sell', '15', false]],
    [
      'from long to short as one order of both',
      plain({ targetExposure: -0.5, positionEth: money(2), cashUsd: money(6_000) }),
      ['sell', '4.5', false],
    ],
    ['from short to long', plain({ targetExposure: 0.5, positionEth: money(-2), cashUsd: money(14_000) }), ['buy', '4.5', false]],
    [
      'a smaller short position',
      plain({ targetExposure: -0.2, positionEth: money(-2), cashUsd: money(14_000) }),
      ['buy', '1', true],
    ],
    ['out of a short one', plain({ positionEth: money(-2), cashUsd: money(14_000) }), ['buy', '2', true]],
    [
      'out of less than the smallest notional',
      plain({ positionEth: money('-0.005'), cashUsd: money(10_010) }),
      ['buy', '0.005', true],
    ],
    [
      'a larger long position',
      plain({ targetExposure: 0.5, positionEth: money(1), cashUsd: money(8_000) }),
      ['buy', '1.5', false],
    ],
    [
      'a larger short one',
      plain({ targetExposure: -0.5, positionEth: money(-1), cashUsd: money(12_000) }),
      ['sell', '1.5', false],
    ],
    [
      'to the other side with less than was held',
      plain({ targetExposure: -0.25, positionEth: money(4), cashUsd: money(2_000) }),
      ['sell', '5.25', false],
    ],
    ['into less than the smallest notional', plain({ targetExposure: -0.001 }), 'min_notional'],
    ['nothing from nothing', plain({}), 'nothing_to_trade'],
    ['no more at the market than it takes', plain({ targetExposure: -1, filters: NARROW }), ['sell', '2', false]],
    ['more with a limit', plain({ targetExposure: -1, filters: NARROW, sellLimitUsd: money(2000) }), ['sell', '5', false]],
    [
      'no sale beyond its own price band',
      plain({ targetExposure: -1, filters: NARROW, sellLimitUsd: money(2010) }),
      'price_band',
    ],
    [
      'a purchase that the band of sales is nothing to',
      plain({ targetExposure: 1, filters: NARROW, buyLimitUsd: money(2010) }),
      ['buy', '4.95', false],
    ],
    [
      'out at the market, whatever the limit of an entry is',
      plain({ positionEth: money(3), cashUsd: money(4_000), filters: NARROW, sellLimitUsd: money(2010) }),
      ['sell', '2', true],
    ],
    [
      'a share of what is left after fees in other assets',
      plain({ targetExposure: -0.5, otherFeesUsd: money(400) }),
      ['sell', '2.4', false],
    ],
    [
      'out alone where nothing is left for the other side',
      plain({ targetExposure: -1, positionEth: money(5), cashUsd: money(-10_000), walletUsd: money(0) }),
      ['sell', '5', true],
    ],
  ])('%s', (_name, input, expected) => {
    expect(shape(input)).toEqual(expected);
  });

  it.each(['0', '-1'])('is nothing at a price of %s', (priceUsd) => {
    expect(sizePerpetualOrder(plain({ targetExposure: 0.5, priceUsd: money(priceUsd) }))).toEqual({
      kind: 'none',
      reason: { rule: 'price_not_positive', value: priceUsd, limit: '0' },
    });
  });

  it('says that there is no order, and why', () => {
    expect(sizePerpetualOrder(plain({ targetExposure: -0.001 }))).toEqual({
      kind: 'none',
      reason: { rule: 'min_notional', value: '10', limit: '20' },
    });
    expect(sizePerpetualOrder(plain({}))).toEqual({
      kind: 'none',
      reason: { rule: 'nothing_to_trade', value: '0', limit: '0.001' },
    });
  });

  it.each([
    ['buy', 'at the market', {}, '4.90196'],
    ['sell', 'at the market', {}, '4.90196'],
    ['buy', 'with a limit', { buyLimitUsd: money(2000) }, '5'],
    ['sell', 'with a limit', { sellLimitUsd: money(2000) }, '5'],
    ['buy', 'at the market, whatever sales are limited to', { sellLimitUsd: money(2000) }, '4.90196'],
    ['sell', 'at the market, whatever purchases are limited to', { buyLimitUsd: money(2000) }, '4.90196'],
    ['buy', 'with a limit above the price', { buyLimitUsd: money(2100) }, '4.54545'],
    ['sell', 'with a limit above the price', { sellLimitUsd: money(2100) }, '4.7619'],
    ['sell', 'with a limit below the price', { sellLimitUsd: money(1900) }, '5'],
  ] as const)('a %s %s leaves margin for what it may cost', (side, _how, limit, most) => {
    const input = plain({ slippageBps: 100, ...limit });
    expect(mostToOpen(input, side).round(5, 0).toFixed()).toBe(most);
  });

  it('fits the rules and the margin after costs, never goes beyond target or leverage, and says what only reduces', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const { positionEth, priceUsd, cashUsd, filters, leverage, feeBps, slippageBps } = input;
        const sizing = sizePerpetualOrder(input);
        if (sizing.kind === 'none') return;
        const { side, quantity, reduceOnly } = sizing;
        const rules = reduceOnly ? withoutSmallest(filters) : filters;
        expect(brokenFilter({ side, quantity }, priceUsd, rules)).toBeUndefined();
        const after = positionEth.plus(quantity.times(side === 'buy' ? 1 : -1));
        const reduces = after.times(positionEth).gte(0) && after.abs().lt(positionEth.abs());
        expect(reduceOnly).toBe(reduces);
        if (reduces) return;
        const equity = cashUsd.plus(positionEth.times(priceUsd));
        const target = equity.times(input.targetExposure).div(priceUsd);
        expect(after.times(target).gte(0)).toBe(true);
        expect(after.abs().lte(target.abs().plus('0.000000001'))).toBe(true);
        const fill = priceUsd.times(money(1).plus(money('0.0001').times(side === 'buy' ? slippageBps : -slippageBps)));
        const fee = quantity.times(fill).times('0.0001').times(feeBps);
        const paid = quantity.times(fill.minus(priceUsd)).abs();
        // At the price at which the whole position is valued, slippage and fee paid.
        expect(after.abs().times(priceUsd).div(leverage).lte(equity.minus(fee).minus(paid))).toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });

  it('closes whatever the account has become', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const sizing = sizePerpetualOrder({ ...input, targetExposure: 0, filters: BINANCE_ETHUSDT_PERPETUAL_FILTERS });
        if (input.positionEth.eq(0)) return;
        expect(sizing).toMatchObject({ kind: 'order', reduceOnly: true, side: input.positionEth.gt(0) ? 'sell' : 'buy' });
        expect(sizing.kind === 'order' && sizing.quantity.eq(input.positionEth.abs())).toBe(true);
      }),
    );
  });
});
