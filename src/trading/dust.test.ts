import { describe, expect, it } from 'vitest';
import { HOUR_MS, ManualClock, money } from '../domain/index.ts';
import { SimulatedVenue } from './brokers/simulated-venue.contract.ts';
import { dustRecord, isUnsellable } from './dust.ts';
import { readAll } from './journal/journal.contract.ts';
import { snapshotLedger } from './journal/ledger-snapshot.ts';
import { MemoryJournal } from './journal/memory-journal.ts';
import { foldJournal } from './ledger.ts';
import { makeIntent, planTrade } from './plan-trade.ts';
import { accountView } from './risk/account-view.ts';
import { DEFAULT_RISK_LIMITS } from './risk/risk-limits.ts';
import { BINANCE_ETHUSDT_FILTERS } from './symbol-filters.ts';
import { tradeHistory } from './trade-history.ts';
import { TradingEngine } from './trading-engine.ts';

const PRICE = money(2000);
const FILTERS = BINANCE_ETHUSDT_FILTERS;

async function desk() {
  const clock = new ManualClock(0);
  const venue = new SimulatedVenue(clock, '10000');
  const journal = new MemoryJournal();
  const engine = await TradingEngine.open({
    journal,
    clock,
    connect: () => venue.connect(),
    gate: () => [],
    capitalUsd: '10000',
    protection: { stopLoss: 0.1, takeProfit: 0.2 },
  });
  let serial = 0;
  const trade = async (side: 'buy' | 'sell', quantity: string) => {
    const intent = makeIntent({
      decisionId: `d${++serial}`,
      leg: side === 'buy' ? 'entry' : 'exit',
      attempt: 1,
      symbol: 'ETHUSDT',
      mode: 'sandbox',
      side,
      quantity: money(quantity),
      priceUsd: PRICE,
      filters: FILTERS,
      nowMs: 0,
      validUntilMs: HOUR_MS,
      reason: 'test',
      modelId: null,
    });
    return (await engine.execute([intent]))[0];
  };
  return { engine, venue, journal, trade };
}

describe('isUnsellable', () => {
  it.each([
    ['0.00009', '2000', true],
    ['0.0024', '2000', true],
    ['0.0025', '2000', false],
    ['0.00259', '2000', false],
    ['0.0024', '3000', false],
  ])('%s ETH at %s: %s', (quantity, price, expected) => {
    expect(isUnsellable(money(quantity), money(price), FILTERS)).toBe(expected);
  });
});

describe('what a sale leaves that is more than a step and less than the least notional', () => {
  it('ends the trade once, for everybody to see, and stays in the account', async () => {
    const { engine, journal, trade } = await desk();
    await trade('buy', '1');
    await trade('sell', '0.998');
    expect(engine.ledger.openTrade).not.toBeNull();
    expect(await engine.leaveDust(PRICE, FILTERS)).toBe(true);
    expect(await engine.leaveDust(PRICE, FILTERS)).toBe(false);
    const { ledger } = engine;
    expect(ledger.openTrade).toBeNull();
    expect(ledger.position).toMatchObject({ protection: null, lastBuyMs: null });
    expect(ledger.position.quantityEth.toFixed()).toBe('0.002');
    expect(tradeHistory(ledger)).toMatchObject([{ reason: 'dust', exitTimeMs: 0 }]);
    const records = (await readAll(journal)).map(({ record }) => record).filter(({ type }) => type === 'dust');
    expect(records).toEqual([{ type: 'dust', atMs: 0, quantityEth: '0.002', valueUsd: '4', minNotionalUsd: '5' }]);
    expect(snapshotLedger(await foldJournal(journal.entries()))).toEqual(snapshotLedger(ledger));
  });

  it('is flat for a decision, and part of the next position', async () => {
    const { engine, trade } = await desk();
    await trade('buy', '1');
    await trade('sell', '0.998');
    await engine.leaveDust(PRICE, FILTERS);
    const plan = (classIndex: 0 | 1) =>
      planTrade({
        decisionId: 'next',
        symbol: 'ETHUSDT',
        mode: 'sandbox',
        view: { decisionTimeMs: 0, isBarSuspect: false, dataAgeMs: 0, dataVerdicts: [] },
        prediction: { modelId: 'm', classIndex, probabilities: [0.4, 0.4, 0.2], confidence: 0.6 },
        policy: { confidenceThreshold: 0.4, targetExposure: 0.5, rebalanceBand: 0.05, maxHoldingMs: 1, maxDataAgeMs: 1 },
        ledger: engine.ledger,
        account: accountView(engine.ledger, PRICE, 0, []),
        limits: DEFAULT_RISK_LIMITS,
        context: { isHalted: false, dataAgeMs: 0, priceUsd: 2000 },
        priceUsd: PRICE,
        costs: { feeBps: 10, slippageBps: 0 },
        filters: FILTERS,
        nowMs: 0,
        validUntilMs: 1,
      });
    expect(plan(1)).toMatchObject({ intents: [], sizing: { reason: { rule: 'position_kept' } } });
    expect(plan(0).intents).toHaveLength(1);
    await trade('buy', '1');
    expect(engine.ledger.openTrade).not.toBeNull();
    await trade('sell', '1.002');
    expect(engine.ledger.position.quantityEth.toFixed()).toBe('0');
    expect(engine.ledger.closedTrades).toHaveLength(2);
  });

  it('waits for an order that may still change it, and leaves what can be sold', async () => {
    const { engine, venue, trade } = await desk();
    await trade('buy', '1');
    expect(dustRecord(engine.ledger, PRICE, FILTERS, 0)).toBeUndefined();
    venue.sending = 'rest';
    await trade('sell', '0.998');
    venue.fillRest(money('0.5'));
    expect(dustRecord(engine.ledger, money('0.001'), FILTERS, 0)).toBeUndefined();
  });
});

describe('Ether that was given by hand', () => {
  it('gets a stop and a target from what it was worth, and keeps them when some is taken', async () => {
    const { engine } = await desk();
    await engine.recordTransfer({ asset: 'ETH', amount: '2', valueUsd: '4000', reason: 'by hand' });
    const levels = { stopPriceUsd: '1800', takeProfitPriceUsd: '2400' };
    expect(engine.ledger.position.protection).toMatchObject(levels);
    await engine.recordTransfer({ asset: 'ETH', amount: '-1', valueUsd: '-3000', reason: 'by hand' });
    expect(engine.ledger.position.protection).toMatchObject(levels);
    expect(engine.ledger.position.costUsd.toFixed()).toBe('2000');
  });
});
