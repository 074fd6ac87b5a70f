import { AppError, InvariantError } from '../domain/index.ts';
import type { OrderOutcome } from '../trading/index.ts';
import type { CycleParts } from './cycle-types.ts';
import { exitOrder, exitPrice } from './exit-order.ts';
import type { TradingSession } from './trading-session.ts';

/** What became of a sale of everything. */
export interface SoldEverything {
  readonly orders: readonly OrderOutcome[];
  readonly positionEth: string;
  /** Nothing is held that could be sold, and no order is open. */
  readonly isFlat: boolean;
  /** Why it is not flat. */
  readonly why: string | null;
}

/** Orders after which what is left is left to the next try: one order may be smaller than what is held. */
const MAX_SALES = 5;

/** Cancels every open order, then sells the position at the market, or buys back what is short, before anything else that acts on the account. */
export const sellEverything = (session: TradingSession): Promise<SoldEverything> =>
  session.turn.takeUrgently(() => sellAll(session));

async function sellAll({ cycle, writeHistory }: TradingSession): Promise<SoldEverything> {
  const orders: OrderOutcome[] = [];
  const { ledger } = cycle.engine;
  const why = await sell(cycle, orders).catch((error: unknown) => {
    // What does not answer is asked again by whoever wants this done.
    if (error instanceof AppError && !(error instanceof InvariantError)) return error.message;
    throw error;
  });
  await writeHistory();
  return { orders, positionEth: ledger.balance(ledger.baseAsset).toFixed(), isFlat: why === null, why };
}

/** @returns why something is still held or open; null where nothing is */
async function sell(cycle: CycleParts, orders: OrderOutcome[]): Promise<string | null> {
  const { engine, route, clock } = cycle;
  const { ledger } = engine;
  for (const order of ledger.unsettledOrders()) orders.push(await engine.cancel(order.intent.clientOrderId));
  await route.check(engine);
  for (let sale = 0; sale < MAX_SALES; sale++) {
    const [open] = ledger.workingOrders();
    if (open) return `the outcome of order ${open.intent.clientOrderId} is not known (${open.state})`;
    const priceUsd = await exitPrice(cycle);
    if (priceUsd === undefined) return !ledger.balance(ledger.baseAsset).eq(0) ? 'there is no price at all' : stillOpen(cycle);
    const exit = exitOrder(cycle, { leg: 'flatten', priceUsd });
    if (exit === undefined) return stillOpen(cycle);
    await route.accrueFunding?.(engine, clock.nowMs());
    const outcomes = await route.settle(engine, [exit]);
    orders.push(...outcomes);
    const last = outcomes.at(-1);
    if (last?.state !== 'FILLED') return `order ${exit.clientOrderId}: ${last?.state}${last?.message ? `, ${last.message}` : ''}`;
  }
  return 'it takes more orders';
}

/** A pair that rests at the exchange could still sell what is given later. */
async function stillOpen({ engine, route }: CycleParts): Promise<string | null> {
  const isWithdrawn = await route.withdraw(engine);
  return isWithdrawn && engine.ledger.unsettledOrders().length === 0 ? null : 'orders are still open at the exchange';
}
