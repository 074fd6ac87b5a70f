import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError, HOUR_MS, type TimeMs } from '../domain/index.ts';
import { writeFileAtomic } from '../storage/index.ts';
import { type Halt, HaltSwitch, type OrderOutcome, planExit } from '../trading/index.ts';
import { type AppParts, PATHS } from './app-parts.ts';
import type { CycleParts } from './cycle-types.ts';
import { acquireRunLock } from './daemon/run-lock.ts';
import { livePrices } from './live-prices.ts';
import { modeOf, openTradingSession, type TradingSession } from './trading-session.ts';

const switchOf = ({ dataDir }: Pick<AppParts, 'dataDir'>) => new HaltSwitch(join(dataDir, PATHS.halt));

/** No new risk from now on, in every process on this data directory, until it is resumed. */
export const haltTrading = (parts: Pick<AppParts, 'dataDir' | 'clock'>, by: string, why: string): Promise<Halt> =>
  switchOf(parts).halt(by, why, parts.clock.nowMs());

/** Allows trading again. @returns the halt that was in force */
export const resumeTrading = (parts: Pick<AppParts, 'dataDir'>): Promise<Halt | undefined> => switchOf(parts).resume();

export interface Flattened {
  readonly halt: Halt;
  readonly orders: readonly OrderOutcome[];
  /** Nothing where a running daemon was asked to do it. */
  readonly positionEth: string | null;
}

/** Halts, cancels what is open and sells what is held, or buys back what is short; where a daemon runs, it does so within seconds. */
export async function flatten(parts: AppParts, by: string): Promise<Flattened> {
  const halt = await haltTrading(parts, by, 'flatten');
  const release = await acquireRunLock(parts).catch((error: unknown) => {
    if (error instanceof ConfigError) return undefined;
    throw error;
  });
  if (!release) {
    await writeFileAtomic(flattenFile(parts), `${by}\n`);
    return { halt, orders: [], positionEth: null };
  }
  try {
    const prices = await livePrices(parts);
    const session = await openTradingSession(parts, { mode: modeOf(parts), model: () => undefined, ...prices });
    try {
      return { halt, ...(await sellEverything(session, parts.clock.nowMs())) };
    } finally {
      await session.close();
    }
  } finally {
    await release();
  }
}

/** Does what `ets flatten` asked of the running daemon. @returns whether it was asked */
export async function flattenIfAsked(parts: Pick<AppParts, 'dataDir'>, session: TradingSession, nowMs: TimeMs): Promise<boolean> {
  const file = flattenFile(parts);
  const isAsked = await stat(file).then(
    () => true,
    () => false,
  );
  if (!isAsked) return false;
  await sellEverything(session, nowMs);
  await rm(file, { force: true });
  return true;
}

const flattenFile = ({ dataDir }: Pick<AppParts, 'dataDir'>): string => join(dataDir, PATHS.flatten);

/** Cancels every open order, then leaves the position at the market. */
export async function sellEverything(
  session: TradingSession,
  nowMs: TimeMs,
): Promise<{ readonly orders: readonly OrderOutcome[]; readonly positionEth: string }> {
  const { engine, route } = session.cycle;
  const orders: OrderOutcome[] = [];
  for (const order of engine.ledger.unsettledOrders()) orders.push(await engine.cancel(order.intent.clientOrderId));
  await route.check(engine);
  await route.accrueFunding?.(engine, nowMs);
  const exit = await exitOf(session.cycle, nowMs);
  if (exit) orders.push(...(await route.settle(engine, [exit])));
  await session.writeHistory();
  return { orders, positionEth: engine.ledger.balance(engine.ledger.baseAsset).toFixed() };
}

async function exitOf({ engine, settings, market, route }: CycleParts, nowMs: TimeMs) {
  const price = await market.quote(nowMs);
  if (!price) return undefined;
  return planExit(engine.ledger, {
    leg: 'flatten',
    symbol: settings.symbol,
    mode: settings.mode,
    priceUsd: price.priceUsd,
    filters: route.market().filters,
    nowMs,
    validUntilMs: nowMs + HOUR_MS,
    reason: 'flatten',
    isPerpetual: settings.limits.futures !== undefined,
  });
}
