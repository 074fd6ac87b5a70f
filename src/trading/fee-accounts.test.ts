import { describe, expect, it } from 'vitest';
import { FeeAccounts } from './fee-accounts.ts';
import type { Fill } from './order.ts';

const charged = (tradeId: string, feeAsset: string, feeAmount: string, feeUsd: string | null): Fill => ({
  tradeId,
  clientOrderId: 'order',
  side: 'buy',
  quantity: '1',
  priceUsd: '2000',
  feeAmount,
  feeAsset,
  feeUsd,
  executedAtMs: 5,
});

function accountsWith(...fills: readonly Fill[]): FeeAccounts {
  const fees = new FeeAccounts('ETH', 'USDT');
  for (const fill of fills) fees.charge(fill, [{ fill, ofTrade: 'trade' }]);
  return fees;
}

const totals = ({ usd, otherUsd }: FeeAccounts) => [usd.toFixed(), otherUsd.toFixed()];
const value = (tradeId: string, feeUsd: string) =>
  ({ type: 'fee_valued', atMs: 9, clientOrderId: 'order', tradeId, feeUsd }) as const;

describe('FeeAccounts', () => {
  it('adds up fees in their assets and in USD, and tells those that neither Ether nor the quote currency paid', () => {
    const fees = accountsWith(
      charged('1', 'USDT', '2', '2'),
      charged('2', 'ETH', '0.001', '2.1'),
      charged('3', 'BNB', '0.004', '2.4'),
      charged('4', 'BNB', '0.001', '0.6'),
    );
    expect(totals(fees)).toEqual(['7.1', '3']);
    expect([...fees.byAsset].map(([asset, amount]) => [asset, amount.toFixed()])).toEqual([
      ['USDT', '2'],
      ['ETH', '0.001'],
      ['BNB', '0.005'],
    ]);
    expect(fees.unvalued.size).toBe(0);
  });

  it('keeps a fee of unknown value apart until it is valued, once', () => {
    const fees = accountsWith(charged('1', 'BNB', '0.004', null), charged('2', 'USDT', '2', '2'));
    expect(totals(fees)).toEqual(['2', '0']);
    expect(fees.byAsset.get('BNB')?.toFixed()).toBe('0.004');
    const unvalued = {
      clientOrderId: 'order',
      tradeId: '1',
      asset: 'BNB',
      amount: '0.004',
      executedAtMs: 5,
      ofTrade: 'trade',
    };
    expect([...fees.unvalued]).toEqual([['order/1', unvalued]]);
    expect(fees.value(value('1', '2.4'))).toEqual(unvalued);
    expect(fees.value(value('1', '9'))).toBeUndefined();
    expect(fees.value(value('2', '9'))).toBeUndefined();
    expect(totals(fees)).toEqual(['4.4', '2.4']);
    expect(fees.unvalued.size).toBe(0);
  });

  it('goes on from what a snapshot says, and from one that knows no fees in other assets', () => {
    const before = accountsWith(charged('1', 'BNB', '0.004', null));
    const after = new FeeAccounts('ETH', 'USDT');
    after.restore({
      feesByAsset: { BNB: '0.007' },
      feesUsd: '3',
      otherFeesUsd: '2',
      unvaluedFees: [...before.unvalued.values()],
    });
    expect(totals(after)).toEqual(['3', '2']);
    expect(after.byAsset.get('BNB')?.toFixed()).toBe('0.007');
    after.value(value('1', '1.5'));
    expect(totals(after)).toEqual(['4.5', '3.5']);
    const old = new FeeAccounts('ETH', 'USDT');
    old.restore({ feesByAsset: {}, feesUsd: '3' });
    expect([totals(old), old.unvalued.size]).toEqual([['3', '0'], 0]);
  });
});
