import { describe, expect, it } from 'vitest';
import type { KeyPermission } from '../trading/index.ts';
import { refuseKey } from './refuse-key.ts';

const code = async (
  { account = '1', trade = 'yes', withdraw = 'no' }: { account?: string; trade?: KeyPermission; withdraw?: KeyPermission },
  { allowWithdrawal = false, isTestnet = false } = {},
): Promise<string> => {
  const key = {
    accountId: async () => account,
    tradePermission: async () => trade,
    withdrawalPermission: async () => withdraw,
  };
  return refuseKey(key, { account: '1', allowWithdrawal, isTestnet }).then(
    () => 'taken',
    (error: { code: string }) => error.code,
  );
};

describe('refuseKey', () => {
  it('takes a key that may trade and no more', async () => {
    expect(await code({})).toBe('taken');
    expect(await code({ trade: 'unknown' })).toBe('taken');
  });

  it('refuses what cannot do what is needed, or can do more', async () => {
    expect(await code({ account: '2' })).toBe('trade.live_other_account');
    expect(await code({ trade: 'no' })).toBe('exchange.key_may_not_trade');
    expect(await code({ withdraw: 'yes' })).toBe('exchange.key_may_withdraw');
    expect(await code({ withdraw: 'unknown' })).toBe('exchange.key_may_withdraw');
    expect(await code({ withdraw: 'yes' }, { allowWithdrawal: true })).toBe('taken');
  });

  it('asks a testnet for the account alone', async () => {
    expect(await code({ trade: 'no', withdraw: 'unknown' }, { isTestnet: true })).toBe('taken');
    expect(await code({ account: '2' }, { isTestnet: true })).toBe('trade.live_other_account');
  });
});
