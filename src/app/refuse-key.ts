import { ConfigError } from '../domain/index.ts';
import type { KeyPermission } from '../trading/index.ts';

/** What is asked of the exchange about a key before real money is traded with it. */
export interface KeyQuestions {
  /** @throws ConfigError `exchange.key_refused`; ExchangeError */
  accountId(): Promise<string | undefined>;
  tradePermission(): Promise<KeyPermission>;
  withdrawalPermission(): Promise<KeyPermission>;
}

/** Refuses a key that cannot do what is needed, or can do more. */
export async function refuseKey(
  key: KeyQuestions,
  {
    account,
    allowWithdrawal,
    isTestnet,
  }: { readonly account: string | undefined; readonly allowWithdrawal: boolean; readonly isTestnet: boolean },
): Promise<void> {
  await refuseOtherAccount(key, account);
  // There is no real money, and nobody to ask what the key may do.
  if (isTestnet) return;
  await refuseWithoutTrading(key);
  await refuseWithdrawal(key, allowWithdrawal);
}

/** Real money moves only in the account that the user named. */
async function refuseOtherAccount(key: KeyQuestions, confirmed: string | undefined): Promise<void> {
  const account = await key.accountId();
  if (account !== undefined && account === confirmed) return;
  throw new ConfigError('trade.live_other_account', `the key is not one of account ${confirmed}`, {
    hint: 'Compare the number with the one that the exchange shows for your account.',
  });
}

/** Better said now than by the first order. Where the exchange does not tell, the first order says it. */
async function refuseWithoutTrading(key: KeyQuestions): Promise<void> {
  if ((await key.tradePermission()) !== 'no') return;
  throw new ConfigError('exchange.key_may_not_trade', 'the exchange key may not trade', {
    hint: 'Allow "Enable Spot & Margin Trading" for it at the exchange, for perpetuals "Enable Futures", which asks for a list of trusted IP addresses.',
  });
}

/** A key that can send money away is not needed to trade, and the worst to lose. */
async function refuseWithdrawal(key: KeyQuestions, isAllowed: boolean): Promise<void> {
  const permission = await key.withdrawalPermission();
  if (permission === 'no' || isAllowed) return;
  throw new ConfigError(
    'exchange.key_may_withdraw',
    permission === 'yes'
      ? 'the exchange key may withdraw money'
      : 'the exchange does not tell whether the key may withdraw money',
    { hint: 'Make a key that may only trade, or set exchange.allowWithdrawalKey.' },
  );
}
