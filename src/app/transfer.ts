import { ConfigError, money, toText, ZERO } from '../domain/index.ts';
import type { AppParts } from './app-parts.ts';
import { acquireRunLock } from './daemon/run-lock.ts';
import { livePrices } from './live-prices.ts';
import { modeOf, openTradingSession } from './trading-session.ts';

export interface TransferRequest {
  readonly asset: 'USDT' | 'ETH';
  /** A decimal amount, given to the system or, negative, taken from it. */
  readonly amount: string;
}

/**
 * Journals money or Ether that was given to the system or taken from it by hand: what it owns changes, its returns do
 * not. The exchange is not told; the account has to hold what the system owns.
 * @throws ConfigError `transfer.not_owned`, `transfer.no_price`, `run.already_running`
 */
export async function transfer(parts: AppParts, { asset, amount }: TransferRequest) {
  const release = await acquireRunLock(parts);
  try {
    const prices = await livePrices(parts);
    const session = await openTradingSession(parts, { mode: modeOf(parts), model: () => undefined, ...prices });
    try {
      const { engine } = session.cycle;
      const { ledger } = engine;
      // With perpetuals cash is reckoned as if the position had been paid for; the wallet is what there is.
      const { enabled } = parts.config.futures;
      const owned = enabled ? (asset === 'USDT' ? ledger.walletUsd : ZERO) : ledger.balance(asset);
      if (owned.plus(amount).lt(ZERO) || (enabled && asset !== 'USDT')) {
        throw new ConfigError('transfer.not_owned', `the system owns ${owned.toFixed()} ${asset}`, {
          hint: 'Take no more than that. See `ets journal`.',
        });
      }
      const price = asset === 'USDT' ? money(1) : (await prices.quote(parts.clock.nowMs()))?.priceUsd;
      if (!price) {
        throw new ConfigError('transfer.no_price', 'the exchange gives no price to value the Ether at', {
          hint: 'Try again when it answers. See `ets check-status`.',
        });
      }
      const valueUsd = toText(money(amount).times(price).round(8));
      await engine.recordTransfer({ asset, amount, valueUsd, reason: 'by hand' });
      await session.writeHistory();
      return { asset, amount, valueUsd, owned: { eth: ledger.balance('ETH').toFixed(), usd: ledger.cashUsd.toFixed() } };
    } finally {
      await session.close();
    }
  } finally {
    await release();
  }
}
