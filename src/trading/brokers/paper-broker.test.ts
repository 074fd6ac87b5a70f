import { describe, expect, it } from 'vitest';
import { ManualClock, money } from '../../domain/index.ts';
import { Ledger } from '../ledger.ts';
import { makeIntent } from '../plan-trade.ts';
import { BINANCE_ETHUSDT_FILTERS } from '../symbol-filters.ts';
import { describeBroker } from './broker.contract.ts';
import { PaperBroker, type Quote } from './paper-broker.ts';

const options = { feeBps: 10, slippageBps: 5, filters: BINANCE_ETHUSDT_FILTERS };

describe('PaperBroker', () => {
  describeBroker(async () => ({
    connect: (ledger) =>
      new PaperBroker({ ...options, quotes: { quote: () => ({ priceUsd: money(2000), atMs: 1_000 }) } }, ledger),
    clock: new ManualClock(1_000),
    capitalUsd: '10000',
    priceUsd: '2000',
    dispose: async () => undefined,
  }));

  const submit = async (side: 'buy' | 'sell', quote: Quote | undefined) => {
    const ledger = new Ledger();
    ledger.apply({ type: 'transfer', atMs: 0, asset: 'USDT', amount: '10000', valueUsd: '10000', reason: 'capital' });
    ledger.apply({ type: 'transfer', atMs: 0, asset: 'ETH', amount: '1', valueUsd: '2000', reason: 'adopted' });
    const broker = new PaperBroker({ ...options, quotes: { quote: () => quote } }, ledger);
    const intent = makeIntent({
      decisionId: 'd',
      leg: 'entry',
      attempt: 1,
      symbol: 'ETHUSDT',
      mode: 'paper',
      side,
      quantity: money('0.5'),
      priceUsd: money(2000),
      filters: BINANCE_ETHUSDT_FILTERS,
      nowMs: 1,
      validUntilMs: 2,
      reason: 'test',
      modelId: null,
    });
    return broker.submit(intent);
  };

  it('fills worse than the quote by the slippage, with the fee on the notional', async () => {
    const quote = { priceUsd: money(2000), atMs: 7 };
    const bought = await submit('buy', quote);
    expect(bought.outcome === 'accepted' && bought.report.fills).toMatchObject([
      { priceUsd: '2001', feeAmount: '1.0005', feeAsset: 'USDT', executedAtMs: 7 },
    ]);
    const sold = await submit('sell', quote);
    expect(sold.outcome === 'accepted' && sold.report.fills).toMatchObject([{ priceUsd: '1999', feeAmount: '0.9995' }]);
  });

  it('rejects an order for which there is no price', async () => {
    expect(await submit('buy', undefined)).toMatchObject({ outcome: 'rejected' });
  });
});
