import { ConfigError, type TimeMs } from '../../domain/index.ts';
import type { PerpetualAccount } from '../broker.ts';

/** What the account of a venue of perpetuals needs of the connection that it goes over. */
export interface PerpetualParts {
  readonly account: PerpetualAccount;
  /** How far the venue's clock is ahead of ours. */
  readonly offsetMs: () => number;
  /** Asks, again where the answer was lost, and throws an ExchangeError in the end. */
  readonly ask: <Reply>(what: string, call: () => Promise<Reply>) => Promise<Reply>;
}

/** A venue's account of perpetuals on our clock, asked until it answers. */
export const ccxtPerpetual = ({ account, offsetMs, ask }: PerpetualParts): PerpetualAccount => ({
  async prepare(symbol, leverage) {
    let refusal: ConfigError | undefined;
    await ask('margin and leverage', async () => {
      try {
        await account.prepare(symbol, leverage);
      } catch (error) {
        // The exchange answered: asking again changes nothing.
        if (!(error instanceof ConfigError)) throw error;
        refusal = error;
      }
    });
    if (refusal !== undefined) throw refusal;
  },
  position: (symbol) => ask('position', () => account.position(symbol)),
  walletUsd: () => ask('wallet', () => account.walletUsd()),
  async funding(symbol, fromMs: TimeMs) {
    const payments = await ask('funding', () => account.funding(symbol, fromMs + offsetMs()));
    return payments.map((one) => ({ ...one, paidAtMs: one.paidAtMs - offsetMs() }));
  },
});
