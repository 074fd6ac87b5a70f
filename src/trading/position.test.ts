import { describe, expect, it } from 'vitest';
import { money, ZERO } from '../domain/index.ts';
import type { Protection } from './journal/journal-record.ts';
import type { Fill, OrderIntent } from './order.ts';
import { changePosition, isDust, leaveDust, noPosition, type Position, transferEther } from './position.ts';
import type { FillPart } from './split-fill.ts';

const protection: Protection = {
  stopPriceUsd: '1800',
  takeProfitPriceUsd: null,
  trailingFraction: null,
  highestPriceUsd: null,
};

const held = (quantityEth: string, costUsd: string): Position => ({
  quantityEth: money(quantityEth),
  costUsd: money(costUsd),
  decisionId: 'before',
  lastBuyMs: 7,
  protection,
});

const orderOf = (leg: OrderIntent['leg'] = 'exit'): OrderIntent => ({
  clientOrderId: 'o',
  decisionId: 'now',
  leg,
  attempt: 1,
  symbol: 'ETHUSDT',
  side: 'buy',
  type: 'market',
  quantity: '9',
  quantityStep: '0.001',
  referencePriceUsd: '2000',
  plannedAtMs: 1,
  validUntilMs: 2,
  reason: 'test',
  modelId: null,
  mode: 'paper',
});

const part = (
  effect: FillPart['effect'],
  side: 'buy' | 'sell',
  quantity: string,
  fee: Partial<Pick<Fill, 'feeAmount' | 'feeAsset'>> = {},
): FillPart => ({
  effect,
  fill: {
    tradeId: '1',
    clientOrderId: 'o',
    side,
    quantity,
    priceUsd: '2100',
    feeAmount: '0.01',
    feeAsset: 'USDT',
    feeUsd: null,
    executedAtMs: 5,
    ...fee,
  },
});

const sums = ({ quantityEth, costUsd }: Position) => [quantityEth.toFixed(), costUsd.toFixed()];

describe('isDust', () => {
  it.each([
    ['0', '0', true],
    ['0', '0.001', true],
    ['0.000999', '0.001', true],
    ['0.001', '0.001', false],
    ['-0.000999', '0.001', true],
    ['-0.001', '0.001', false],
  ])('of %s with a step of %s is %s', (quantity, step, expected) => {
    expect(isDust(money(quantity), step)).toBe(expected);
  });
});

describe('changePosition', () => {
  it.each([
    ['buy', '1', '2000', ['1.5', '3050']],
    ['sell', '-1', '-2000', ['-1.5', '-3050']],
  ] as const)('a %s that makes it larger adds its cost and makes it that decision’s', (side, quantity, cost, expected) => {
    const position = held(quantity, cost);
    changePosition(position, orderOf(), part('grow', side, '0.5'), 'ETH');
    expect(sums(position)).toEqual(expected);
    expect(position).toMatchObject({ decisionId: 'now', lastBuyMs: 7, protection });
  });

  it.each([
    ['sell', '2', '4000', ['1.5', '3000']],
    ['buy', '-2', '-4000', ['-1.5', '-3000']],
  ] as const)('a %s that makes it smaller leaves the average cost of the rest', (side, quantity, cost, expected) => {
    const position = held(quantity, cost);
    changePosition(position, orderOf(), part('reduce', side, '0.5'), 'ETH');
    expect(sums(position)).toEqual(expected);
    expect(position).toMatchObject({ decisionId: 'before', lastBuyMs: 7, protection });
  });

  it('takes a fee in the base asset from what is held, and no other', () => {
    const position = held('1', '2000');
    changePosition(position, orderOf(), part('grow', 'buy', '1', { feeAsset: 'ETH' }), 'ETH');
    expect(sums(position)).toEqual(['1.99', '4100']);
    changePosition(position, orderOf(), part('grow', 'buy', '1', { feeAsset: 'BNB' }), 'ETH');
    expect(sums(position)).toEqual(['2.99', '6200']);
  });

  it('cuts the cost of the rest off after 12 decimals, towards zero', () => {
    const position = held('3', '2000');
    changePosition(position, orderOf(), part('reduce', 'sell', '2'), 'ETH');
    expect(sums(position)).toEqual(['1', '666.666666666666']);
  });

  it.each([
    ['exit', null],
    ['stop_loss', null],
    ['entry', 7],
  ] as const)('with less than a step left it is over: by the leg %s the holding time is %s', (leg, lastBuyMs) => {
    const position = held('1', '2000');
    changePosition(position, orderOf(leg), part('reduce', 'sell', '0.9995'), 'ETH');
    expect(sums(position)).toEqual(['0.0005', '0']);
    expect(position).toMatchObject({ decisionId: 'before', lastBuyMs, protection: null });
  });
});

describe('Ether given or taken by hand', () => {
  it.each([
    ['given to nothing', '0', '0', '2', '4200', ['2', '4200']],
    ['given to a position', '1', '2000', '2', '4200', ['3', '6200']],
    ['taken from a position', '3', '6000', '-1', '-9000', ['2', '4000']],
    ['taken, in thirds', '3', '2000', '-2', '-9000', ['1', '666.666666666666']],
    ['taken from a short position', '-1', '-2000', '-1', '-2100', ['-2', '-4100']],
    ['of nothing', '1', '2000', '0', '5', ['1', '2005']],
  ])('%s', (_name, quantity, cost, amount, value, expected) => {
    const position = held(quantity, cost);
    transferEther(position, money(amount), money(value));
    expect(sums(position)).toEqual(expected);
    expect(position).toMatchObject({ decisionId: 'before', lastBuyMs: 7, protection });
  });
});

describe('what is left as dust', () => {
  it('stays held, without cost, levels or holding time', () => {
    const position = held('0.002', '4');
    leaveDust(position);
    expect(sums(position)).toEqual(['0.002', '0']);
    expect(position).toMatchObject({ decisionId: 'before', lastBuyMs: null, protection: null });
  });

  it('is nothing at first', () => {
    expect(noPosition()).toEqual({ quantityEth: ZERO, costUsd: ZERO, decisionId: null, lastBuyMs: null, protection: null });
  });
});
