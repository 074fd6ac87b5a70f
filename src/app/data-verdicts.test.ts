import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, type KnownSeries } from '../domain/index.ts';
import { dataVerdictsAt } from './data-verdicts.ts';

const CANONICAL = 'binance:ETHUSDT:1h';
const DECISION = Date.UTC(2024, 0, 20, 23);

/** Ten days of hourly candles up to the decision. @param close by hours before it */
function hourly(close: (hoursBefore: number) => number, wanted: (hoursBefore: number) => boolean = () => true): KnownSeries {
  const ages = Array.from({ length: 240 }, (_, i) => 240 - i).filter(wanted);
  const timeMs = Float64Array.from(ages, (age) => DECISION - age * HOUR_MS);
  const endMs = timeMs.map((time) => time + HOUR_MS);
  const prices = Float64Array.from(ages, close);
  return {
    dataset: 'price_data',
    series: CANONICAL,
    periodMs: HOUR_MS,
    rows: ages.length,
    timeMs,
    endMs,
    knownFromMs: endMs,
    revision: new Int32Array(ages.length),
    numbers: { open: prices, high: prices, low: prices, close: prices },
  };
}

const calm = (age: number) => 2_000 + Math.sin(age) * 10;
const priceVerdict = (series: readonly KnownSeries[], hours?: number) =>
  dataVerdictsAt({ series, staleAfterHours: () => hours }, CANONICAL, DECISION)[0];

describe('dataVerdictsAt', () => {
  it('calls calm and full prices ok, and what is not there missing', () => {
    const verdicts = dataVerdictsAt({ series: [hourly(calm)], staleAfterHours: () => undefined }, CANONICAL, DECISION);
    expect(verdicts.map(({ dataset, verdict, isRequired }) => [dataset, verdict, isRequired])).toEqual([
      ['price_data', 'ok', true],
      ['whale_data', 'missing', false],
      ['validator_data', 'missing', false],
      ['blockchain_data', 'missing', false],
      ['sentiment_data', 'missing', false],
    ]);
    expect(priceVerdict([])).toMatchObject({ verdict: 'missing' });
  });

  it('suspects the day of a jump that nobody else shows, and says which', () => {
    expect(priceVerdict([hourly((age) => calm(age) * (age === 5 ? 1.5 : 1))])).toMatchObject({
      verdict: 'suspect',
      detail: expect.stringMatching(/^0 h old; the close moves by 49/),
    });
    expect(priceVerdict([hourly((age) => calm(age) * (age === 5 + DAY_MS / HOUR_MS ? 1.5 : 1))])).toMatchObject({
      verdict: 'ok',
    });
  });

  it('calls prices stale beyond their limit, or the declared one', () => {
    const late = hourly(calm, (age) => age > 30);
    expect(priceVerdict([late])).toMatchObject({ verdict: 'stale', detail: '30 h old' });
    expect(priceVerdict([hourly(calm, (age) => age > 3)], 2)).toMatchObject({ verdict: 'stale', detail: '3 h old' });
  });

  it('reads nothing that becomes known after the decision', () => {
    const later = hourly(calm);
    const hidden = { ...later, knownFromMs: later.knownFromMs.map((time) => time + 30 * DAY_MS) };
    expect(priceVerdict([hidden])).toMatchObject({ verdict: 'missing' });
  });
});
