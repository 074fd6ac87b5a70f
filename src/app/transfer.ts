import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { ConfigError, ExchangeError, money, toText, ZERO } from '../domain/index.ts';
import { type JournalRecord, readWholeJournal } from '../trading/index.ts';
import { type AppParts, PATHS } from './app-parts.ts';
import { acquireRunLock } from './daemon/run-lock.ts';
import { livePrices } from './live-prices.ts';
import { modeOf, openTradingSession, type TradingSession } from './trading-session.ts';
import {
  answerOf,
  askToTransfer,
  type BookedTransfer,
  type TransferRequest,
  takeTransferRequests,
  withdrawTransfer,
} from './transfer-requests.ts';

/** Process time that a running daemon has to book what it is asked to; it may be trading. */
const PATIENCE_MS = 30_000;
const ASK_EVERY_MS = 200;

/**
 * Journals money or Ether that was given to the system or taken from it by hand: what it owns changes, its returns do
 * not. The exchange is not told; the account has to hold what the system owns. Where a daemon runs, it does so.
 * What is refused is not asked for any more.
 * @throws ConfigError `transfer.not_owned`, `transfer.no_price`, and as `openTradingSession`; ExchangeError `transfer.not_taken`
 */
export async function transfer(parts: AppParts, given: TransferRequest): Promise<BookedTransfer> {
  const request = { ...given, requestId: given.requestId ?? randomUUID() };
  await askToTransfer(parts, request);
  const { timer, signal } = parts;
  const startedMs = timer.elapsedMs();
  while (timer.elapsedMs() - startedMs < PATIENCE_MS) {
    await takeUnlessOtherDoes(parts, request.requestId);
    const answer = await answerOf(parts, request.requestId);
    if (answer) return answer;
    await timer.sleep(ASK_EVERY_MS, signal);
  }
  throw new ExchangeError('transfer.not_taken', 'whoever trades on the data directory has not booked the transfer yet', {
    hint: 'It stays asked for and is booked as soon as nobody acts: see `ets journal`, and do not ask again.',
    details: { requestId: request.requestId },
  });
}

/**
 * Books what is asked for, where no daemon and no other command is there to do it. Where trading cannot be opened the
 * request is taken back: whoever asked is told, and would ask again.
 */
async function takeUnlessOtherDoes(parts: AppParts, requestId: string): Promise<void> {
  const release = await acquireRunLock(parts).catch((error: unknown) => {
    if (error instanceof ConfigError) return undefined;
    throw error;
  });
  if (!release) return;
  try {
    const session = await openSession(parts).catch(async (error: unknown) => {
      await withdrawTransfer(parts, requestId);
      throw error;
    });
    try {
      await takeTransferRequests(parts, (request) => bookTransfer(parts, session, request));
    } finally {
      await session.close();
    }
  } finally {
    await release();
  }
}

const openSession = async (parts: AppParts): Promise<TradingSession> =>
  openTradingSession(parts, { mode: modeOf(parts), model: () => undefined, ...(await livePrices(parts)) });

/**
 * Books one transfer, between whatever else acts. One that was booked before, as told by its id, is not booked again.
 * @throws ConfigError `transfer.not_owned`, `transfer.no_price`
 */
export function bookTransfer(
  { dataDir }: Pick<AppParts, 'dataDir'>,
  { turn, cycle, writeHistory }: Pick<TradingSession, 'turn' | 'cycle' | 'writeHistory'>,
  { asset, amount, requestId = randomUUID() }: TransferRequest,
): Promise<BookedTransfer> {
  return turn.take(async () => {
    const { engine, market, clock } = cycle;
    const { ledger } = engine;
    const owned = () => ({ eth: ledger.balance('ETH').toFixed(), usd: ledger.cashUsd.toFixed() });
    const reason = `by hand, request ${requestId}`;
    const before = (await readWholeJournal(join(dataDir, PATHS.journal))).map(({ record }) => record).find(isTransferFor(reason));
    if (before) return { requestId, asset: before.asset, amount: before.amount, valueUsd: before.valueUsd, owned: owned() };
    const isPerpetual = cycle.settings.limits.futures !== undefined;
    // With perpetuals cash is reckoned as if the position had been paid for; the wallet is what there is, and no Ether.
    const available = !isPerpetual ? ledger.balance(asset) : asset === 'USDT' ? ledger.walletUsd : ZERO;
    if (available.plus(amount).lt(ZERO) || (isPerpetual && asset !== 'USDT')) {
      throw new ConfigError('transfer.not_owned', `the system owns ${available.toFixed()} ${asset}`, {
        hint: 'Take no more than that. See `ets journal`.',
      });
    }
    const price = asset === 'USDT' ? money(1) : (await market.quote(clock.nowMs()))?.priceUsd;
    if (!price) {
      throw new ConfigError('transfer.no_price', 'the exchange gives no price to value the Ether at', {
        hint: 'Try again when it answers. See `ets check-status`.',
      });
    }
    const valueUsd = toText(money(amount).times(price).round(8));
    await engine.recordTransfer({ asset, amount, valueUsd, reason });
    await writeHistory();
    return { requestId, asset, amount, valueUsd, owned: owned() };
  });
}

const isTransferFor =
  (reason: string) =>
  (record: JournalRecord): record is Extract<JournalRecord, { type: 'transfer' }> =>
    record.type === 'transfer' && record.reason === reason;
