import { join } from 'node:path';
import { HOUR_MS } from '../domain/index.ts';
import { type Halt, HaltSwitch, type OrderOutcome, planExit } from '../trading/index.ts';
import { type AppParts, PATHS } from './app-parts.ts';
import { liveQuote } from './live-quote.ts';
import { modeOf, openTradingSession } from './trading-session.ts';

const switchOf = ({ dataDir }: AppParts) => new HaltSwitch(join(dataDir, PATHS.halt));

/** No new risk from now on, in every process on this data directory, until it is resumed. */
export const haltTrading = (parts: AppParts, by: string, why: string): Promise<Halt> =>
  switchOf(parts).halt(by, why, parts.clock.nowMs());

/** Allows trading again. @returns the halt that was in force */
export const resumeTrading = (parts: AppParts): Promise<Halt | undefined> => switchOf(parts).resume();

/** Halts, cancels what is open and sells what is held. */
export async function flatten(parts: AppParts, by: string): Promise<{ halt: Halt; orders: OrderOutcome[]; positionEth: string }> {
  const halt = await haltTrading(parts, by, 'flatten');
  const quote = await liveQuote(parts);
  const session = await openTradingSession(parts, { mode: modeOf(parts), model: () => undefined, quote });
  try {
    const { engine, route, settings } = session.cycle;
    const orders: OrderOutcome[] = [];
    for (const order of engine.ledger.unsettledOrders()) orders.push(await engine.cancel(order.intent.clientOrderId));
    await route.check(engine);
    const nowMs = parts.clock.nowMs();
    const price = await quote(nowMs);
    const exit =
      price &&
      planExit(engine.ledger, {
        leg: 'flatten',
        symbol: settings.symbol,
        mode: settings.mode,
        priceUsd: price.priceUsd,
        filters: settings.filters,
        nowMs,
        validUntilMs: nowMs + HOUR_MS,
        reason: 'flatten',
      });
    if (exit) orders.push(...(await route.settle(engine, [exit])));
    await session.writeHistory();
    return { halt, orders, positionEth: engine.ledger.balance(engine.ledger.baseAsset).toFixed() };
  } finally {
    await session.close();
  }
}
