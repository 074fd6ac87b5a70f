import { describe, expect, it } from 'vitest';
import { money } from '../domain/index.ts';
import { BINANCE_ETHUSDT_FILTERS, brokenFilter, filtersFromTexts, filterTexts, UNFILTERED } from './symbol-filters.ts';

const broken = (quantity: string, limit?: string, filters = BINANCE_ETHUSDT_FILTERS, side: 'buy' | 'sell' = 'buy') =>
  brokenFilter(
    { side, quantity: money(quantity), limitPriceUsd: limit === undefined ? undefined : money(limit) },
    money(2000),
    filters,
  );

describe('brokenFilter', () => {
  it.each([
    ['0', undefined, 'quantity_not_positive', '0', '0'],
    ['-1', undefined, 'quantity_not_positive', '-1', '0'],
    ['1.00005', undefined, 'quantity_step', '1.00005', '0.0001'],
    ['9000.0001', undefined, 'max_quantity', '9000.0001', '9000'],
    ['0.0024', undefined, 'min_notional', '4.8', '5'],
    ['1', '2000.001', 'price_tick', '2000.001', '0.01'],
    ['1', '399.99', 'price_band', '399.99', '400'],
    ['1', '10000.01', 'price_band', '10000.01', '10000'],
    ['0.0025', '1999.99', 'min_notional', '4.999975', '5'],
    ['9000.0001', '2000', 'max_quantity', '9000.0001', '9000'],
  ])('%s at %s breaks %s', (quantity, limit, rule, value, bound) => {
    expect(broken(quantity, limit)).toEqual({ rule, value, limit: bound });
  });

  it.each([
    ['9000', undefined],
    ['0.0025', undefined],
    ['1', '400'],
    ['1', '10000'],
    ['1', '2000.01'],
  ])('%s at %s breaks none', (quantity, limit) => {
    expect(broken(quantity, limit)).toBeUndefined();
  });

  it('names the smallest quantity, and knows rules that are not there', () => {
    const large = { ...BINANCE_ETHUSDT_FILTERS, minQuantity: money('0.5') };
    expect(broken('0.4', undefined, large)).toEqual({ rule: 'min_quantity', value: '0.4', limit: '0.5' });
    expect(broken('0.5', undefined, large)).toBeUndefined();
    expect(broken('99999.123', '0.000001', UNFILTERED)).toBeUndefined();
    expect(broken('1', '999999', UNFILTERED)).toBeUndefined();
  });
});

it('has other bounds for orders at the market, and another band for sales', () => {
  const filters = {
    ...BINANCE_ETHUSDT_FILTERS,
    marketMinQuantity: money('0.01'),
    marketMaxQuantity: money('3000'),
    sellBandLow: money('0.9'),
    sellBandHigh: money('1.1'),
  };
  expect(broken('3000.0001', undefined, filters)).toEqual({ rule: 'max_quantity', value: '3000.0001', limit: '3000' });
  expect(broken('3000.0001', '2000', filters)).toBeUndefined();
  expect(broken('0.0099', undefined, filters)).toEqual({ rule: 'min_quantity', value: '0.0099', limit: '0.01' });
  expect(broken('0.0099', '2000', filters)).toBeUndefined();
  expect(broken('1', '1799.99', filters, 'sell')).toEqual({ rule: 'price_band', value: '1799.99', limit: '1800' });
  expect(broken('1', '2200.01', filters, 'sell')).toEqual({ rule: 'price_band', value: '2200.01', limit: '2200' });
  expect(broken('1', '2200', filters, 'sell')).toBeUndefined();
  expect(broken('1', '1799.99', filters, 'buy')).toBeUndefined();
});

it('are written down and read again', () => {
  const texts = filterTexts(BINANCE_ETHUSDT_FILTERS);
  expect(texts).toEqual({
    quantityStep: '0.0001',
    minQuantity: '0.0001',
    maxQuantity: '9000',
    marketMinQuantity: '0',
    marketMaxQuantity: '0',
    priceTick: '0.01',
    minNotionalUsd: '5',
    priceBandLow: '0.2',
    priceBandHigh: '5',
    sellBandLow: '0.2',
    sellBandHigh: '5',
  });
  expect(filterTexts(filtersFromTexts(texts))).toEqual(texts);
});
