import { describe, expect, it } from 'vitest';
import { ManualClock, money } from '../domain/index.ts';
import { attributeTrades, meantPriceUsd } from './attribution.ts';
import { SimulatedVenue } from './brokers/simulated-venue.contract.ts';
import type { JournalEntry } from './journal/journal.ts';
import { MemoryJournal } from './journal/memory-journal.ts';
import { keepProtected } from './keep-protected.ts';
import { makeIntent } from './plan-trade.ts';
import { BINANCE_ETHUSDT_FILTERS } from './symbol-filters.ts';
import { TradingEngine } from './trading-engine.ts';

const START = 1_700_000_000_000;

/** Buys 1 ETH at 2000 (stop 1840, target 2320), protects it, and lets `happen` what does; the attribution of the trade. */
async function attributed(happen: (venue: SimulatedVenue, protect: () => Promise<unknown>) => Promise<void>) {
  const clock = new ManualClock(START);
  const venue = new SimulatedVenue(clock, '10000');
  const journal = new MemoryJournal();
  const engine = await TradingEngine.open({
    journal,
    clock,
    connect: () => venue.connect(),
    gate: () => [],
    capitalUsd: '10000',
    protection: { stopLoss: 0.08, takeProfit: 0.16 },
  });
  const order = makeIntent({
    decisionId: 'd1',
    leg: 'entry',
    attempt: 1,
    symbol: 'ETHUSDT',
    mode: 'sandbox',
    side: 'buy',
    quantity: money('1'),
    priceUsd: money('1999'),
    filters: BINANCE_ETHUSDT_FILTERS,
    nowMs: START,
    validUntilMs: START + 60_000,
    reason: 'test',
    modelId: null,
  });
  await engine.execute([order]);
  const price = async () => money(venue.priceUsd);
  const protect = async () => {
    await engine.refresh();
    await keepProtected(engine, { clock, symbol: 'ETHUSDT', mode: 'sandbox', filters: BINANCE_ETHUSDT_FILTERS, price });
  };
  await protect();
  await happen(venue, protect);
  await engine.refresh();
  const entries: JournalEntry[] = [];
  for await (const entry of journal.entries()) entries.push(entry);
  const [trade] = attributeTrades(entries);
  return { trade, orders: [...engine.ledger.orders.values()] };
}

const sumOf = ({ signalUsd, timingUsd, slippageUsd, feesUsd }: NonNullable<Awaited<ReturnType<typeof attributed>>['trade']>) =>
  money(signalUsd).plus(timingUsd).plus(slippageUsd).plus(feesUsd).toFixed();

describe('attribution of what rests at the exchange', () => {
  it.each([
    // Bought at 2000 where 1999 was meant, fees 0.1 % of each side: -160 - 2 - 1.84.
    ['stop', '1840', { pnlUsd: '-163.84', signalUsd: '-159', timingUsd: '0', slippageUsd: '-1', feesUsd: '-3.84' }],
    ['stop', '1830', { pnlUsd: '-173.83', signalUsd: '-159', timingUsd: '0', slippageUsd: '-11', feesUsd: '-3.83' }],
    ['target', '2320', { pnlUsd: '315.68', signalUsd: '321', timingUsd: '0', slippageUsd: '-1', feesUsd: '-4.32' }],
  ] as const)('a %s filled at %s', async (leg, filledAt, expected) => {
    const { trade } = await attributed(async (venue) => {
      venue.priceUsd = filledAt;
      venue.reach(leg);
    });
    expect(trade).toMatchObject(expected);
    expect(sumOf(trade!)).toBe(expected.pnlUsd);
  });

  it('is the same where the pair was placed anew at another price: that is no timing', async () => {
    const { trade, orders } = await attributed(async (venue, protect) => {
      venue.expireRest();
      venue.priceUsd = '2200';
      await protect();
      venue.priceUsd = '1840';
      venue.reach('stop');
    });
    expect(trade).toMatchObject({ signalUsd: '-159', timingUsd: '0', slippageUsd: '-1' });
    expect(sumOf(trade!)).toBe(trade!.pnlUsd);
    const stops = orders.filter(({ intent }) => intent.leg === 'stop_on_exchange');
    expect(stops.map(({ intent }) => [intent.referencePriceUsd, meantPriceUsd(intent)])).toEqual([
      ['2000', '1840'],
      ['2200', '1840'],
    ]);
  });
});
