import { describe, expect, it } from 'vitest';
import { money } from '../domain/index.ts';
import { Ledger } from './ledger.ts';
import { makeIntent } from './plan-trade.ts';
import { BINANCE_ETHUSDT_FILTERS } from './symbol-filters.ts';
import { feesByAsset, tradeHistory, unrealisedPnlUsd } from './trade-history.ts';

type Execution = readonly [
  side: 'buy' | 'sell',
  quantity: string,
  priceUsd: string,
  feeAmount: string,
  feeAsset: string,
  feeUsd: string,
];

function ledgerOf(...executions: Execution[]): Ledger {
  const ledger = new Ledger();
  ledger.apply({ type: 'transfer', atMs: 0, asset: 'USDT', amount: '10000', valueUsd: '10000', reason: 'capital' });
  for (const [i, [side, quantity, priceUsd, feeAmount, feeAsset, feeUsd]] of executions.entries()) {
    const intent = makeIntent({
      decisionId: `d${i}`,
      leg: side === 'buy' ? 'entry' : 'exit',
      attempt: 1,
      symbol: 'ETHUSDT',
      mode: 'paper',
      side,
      quantity: money(quantity),
      priceUsd: money(priceUsd),
      filters: BINANCE_ETHUSDT_FILTERS,
      nowMs: i,
      validUntilMs: i,
      reason: 'test',
      modelId: null,
    });
    const { clientOrderId } = intent;
    ledger.apply({ type: 'order_planned', atMs: i, intent });
    ledger.apply({ type: 'order_submitting', atMs: i, clientOrderId, sendBeforeMs: i });
    const fill = { tradeId: `${i}`, clientOrderId, side, quantity, priceUsd, feeAmount, feeAsset, feeUsd, executedAtMs: i };
    ledger.apply({ type: 'fill', atMs: i, fill });
  }
  return ledger;
}

describe('tradeHistory', () => {
  it('marks the open trade: realised and unrealised are what equity has changed by', () => {
    const ledger = ledgerOf(['buy', '2', '2000', '0.002', 'ETH', '4'], ['sell', '0.5', '2100', '1.05', 'USDT', '1.05']);
    const mark = money('1900');
    const [open] = tradeHistory(ledger, mark);
    // Realised 0.5 x 100 - 5.05; held 1.498 ETH, of which 0.002 went as a fee that is counted already.
    expect(open).toMatchObject({
      exitTimeMs: null,
      feesUsd: '5.05',
      feesByAsset: { ETH: '0.002', USDT: '1.05' },
      pnlUsd: '44.95',
      unrealisedPnlUsd: '-149.8',
    });
    expect(money(open!.pnlUsd).plus(open!.unrealisedPnlUsd!).toFixed()).toBe(ledger.equityUsd(mark).minus(10_000).toFixed());
  });

  it('says nothing of an open trade without a mark, and nothing is unrealised of a closed one', () => {
    const open = ledgerOf(['buy', '1', '2000', '2', 'USDT', '2']);
    expect(tradeHistory(open)).toMatchObject([{ unrealisedPnlUsd: null }]);
    const closed = ledgerOf(['buy', '1', '2000', '0.003', 'BNB', '2'], ['sell', '1', '2100', '0.004', 'BNB', '2.1']);
    expect(tradeHistory(closed, money('5'))).toMatchObject([
      { unrealisedPnlUsd: '0', pnlUsd: '95.9', feesByAsset: { BNB: '0.007' } },
    ]);
    expect(feesByAsset(closed)).toEqual({ BNB: '0.007' });
  });
});

describe('unrealisedPnlUsd', () => {
  it('is that of the position, adopted Ether included', () => {
    const ledger = ledgerOf(['buy', '1', '2000', '2', 'USDT', '2']);
    ledger.apply({ type: 'transfer', atMs: 9, asset: 'ETH', amount: '1', valueUsd: '2100', reason: 'by hand' });
    expect(unrealisedPnlUsd(ledger, money('2200'))).toBe('300');
    expect(unrealisedPnlUsd(ledger, undefined)).toBeNull();
    expect(unrealisedPnlUsd(new Ledger(), undefined)).toBe('0');
  });
});
