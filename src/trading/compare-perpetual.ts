import { HOUR_MS, MINUTE_MS, type Money, money, type TimeMs } from '../domain/index.ts';
import type { PerpetualAccount } from './broker.ts';
import type { Difference } from './difference.ts';
import { fundingSince } from './funding.ts';
import type { TradingEngine } from './trading-engine.ts';

/** Exchanges keep 8 decimals of a realised profit, and round the entry price that it is reckoned from. */
const WALLET_TOLERANCE = money('0.000001');
/** Funding is due at full hours, and its entry may come after the wallet has it. */
const FUNDING_LATE_MS = 10 * MINUTE_MS;
/** No venue takes more of a position's notional at once. */
const MOST_FUNDING = money('0.03');

/**
 * Books the funding since the last look, then compares a perpetual with the journal: the position has to be the journal's,
 * no more and no less, and the wallet has to hold what the journal owns of it; it may hold more.
 * @throws ExchangeError when the exchange does not answer
 */
export async function comparePerpetual(
  engine: TradingEngine,
  perpetual: PerpetualAccount,
  symbol: string,
  nowMs: TimeMs,
): Promise<Difference[]> {
  await bookFunding(engine, perpetual, symbol);
  const differences = await differencesOf(engine, perpetual, symbol, nowMs);
  if (differences.length === 0) return differences;
  // An order or a payment may have come between two questions.
  await engine.refresh();
  await bookFunding(engine, perpetual, symbol);
  return differencesOf(engine, perpetual, symbol, nowMs);
}

/** Books payments that the venue has and the journal does not, each once by its id. */
async function bookFunding(engine: TradingEngine, perpetual: PerpetualAccount, symbol: string): Promise<void> {
  const fromMs = fundingSince(engine.ledger);
  if (fromMs !== undefined) await engine.recordFunding(await perpetual.funding(symbol, fromMs));
}

async function differencesOf(
  { ledger, isSettled }: TradingEngine,
  perpetual: PerpetualAccount,
  symbol: string,
  nowMs: TimeMs,
): Promise<Difference[]> {
  const position = await perpetual.position(symbol);
  const walletUsd = await perpetual.walletUsd();
  const owned = ledger.balance(ledger.baseAsset);
  const differences: Difference[] = [];
  const found = (kind: Difference['kind'], subject: string, journal: Money, venue: Money, explained: boolean) =>
    differences.push({
      kind,
      subject,
      journal: journal.toFixed(),
      venue: venue.toFixed(),
      explained,
      action: explained ? 'shown' : 'halted',
    });
  if (!position.quantityEth.eq(owned)) found('position_differs', ledger.baseAsset, owned, position.quantityEth, !isSettled);
  const missing = ledger.walletUsd.minus(walletUsd);
  if (missing.gt(WALLET_TOLERANCE.times(ledger.fillCount + 1))) {
    const notional = position.quantityEth.times(position.markPriceUsd).abs();
    const mayBeFunding = nowMs % HOUR_MS < FUNDING_LATE_MS && missing.lte(notional.times(MOST_FUNDING));
    found('balance_missing', ledger.quoteAsset, ledger.walletUsd, walletUsd, !isSettled || mayBeFunding);
  }
  return differences;
}
