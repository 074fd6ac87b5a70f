import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError, ExchangeError } from '../domain/index.ts';
import { writeFileAtomic } from '../storage/index.ts';
import { type Halt, HaltSwitch, type OrderOutcome } from '../trading/index.ts';
import { type AppParts, PATHS } from './app-parts.ts';
import { acquireRunLock } from './daemon/run-lock.ts';
import { livePrices } from './live-prices.ts';
import { type SoldEverything, sellEverything } from './sell-everything.ts';
import { modeOf, openTradingSession, type TradingSession } from './trading-session.ts';

const switchOf = ({ dataDir }: Pick<AppParts, 'dataDir'>) => new HaltSwitch(join(dataDir, PATHS.halt));

/** No new risk from now on, in every process on this data directory, until it is resumed. */
export const haltTrading = (parts: Pick<AppParts, 'dataDir' | 'clock'>, by: string, why: string): Promise<Halt> =>
  switchOf(parts).halt(by, why, parts.clock.nowMs());

/** Allows trading again; a sale of everything that is still asked for is not any more. @returns the halt that was in force */
export async function resumeTrading(parts: Pick<AppParts, 'dataDir'>): Promise<Halt | undefined> {
  await rm(flattenFile(parts), { force: true });
  return switchOf(parts).resume();
}

export interface Flattened {
  readonly halt: Halt;
  readonly orders: readonly OrderOutcome[];
  /** Nothing where a running daemon was asked to do it. */
  readonly positionEth: string | null;
}

/**
 * Halts, cancels what is open and sells what is held, or buys back what is short; where a daemon runs, it does so within
 * seconds. What was asked for stays asked for until nothing is held any more: a daemon that starts later goes on with it.
 * @throws ExchangeError `flatten.not_flat`, and where the exchange does not answer
 */
export async function flatten(parts: AppParts, by: string): Promise<Flattened> {
  const halt = await askToFlatten(parts, by);
  const release = await acquireRunLock(parts).catch((error: unknown) => {
    if (error instanceof ConfigError) return undefined;
    throw error;
  });
  if (!release) return { halt, orders: [], positionEth: null };
  try {
    const prices = await livePrices(parts);
    const session = await openTradingSession(parts, { mode: modeOf(parts), model: () => undefined, ...prices });
    try {
      const { orders, positionEth, isFlat, why } = await flattenNow(parts, session);
      if (isFlat) return { halt, orders, positionEth };
      throw new ExchangeError('flatten.not_flat', `${positionEth} ETH are still held: ${why}`, {
        details: { orders, positionEth },
        hint: 'Say `ets flatten` again, or start `ets run`, which goes on with it; `ets resume` gives it up.',
      });
    } finally {
      await session.close();
    }
  } finally {
    await release();
  }
}

/** Halts, and writes down that everything is to be sold: whoever trades on the data directory does it. */
export async function askToFlatten(parts: Pick<AppParts, 'dataDir' | 'clock'>, by: string): Promise<Halt> {
  const halt = await haltTrading(parts, by, 'flatten');
  await writeFileAtomic(flattenFile(parts), `${by}\n`);
  return halt;
}

/** Sells everything. Once nothing is held it is not asked for any more. */
export async function flattenNow(parts: Pick<AppParts, 'dataDir'>, session: TradingSession): Promise<SoldEverything> {
  const sold = await sellEverything(session);
  if (sold.isFlat) await rm(flattenFile(parts), { force: true });
  return sold;
}

/** Does what `ets flatten` asked of the running daemon; nothing where it was not asked. */
export async function flattenIfAsked(
  parts: Pick<AppParts, 'dataDir'>,
  session: TradingSession,
): Promise<SoldEverything | undefined> {
  const isAsked = await stat(flattenFile(parts)).then(
    () => true,
    () => false,
  );
  return isAsked ? flattenNow(parts, session) : undefined;
}

const flattenFile = ({ dataDir }: Pick<AppParts, 'dataDir'>): string => join(dataDir, PATHS.flatten);
