import type { Clock, Money, TimeMs } from '../domain/index.ts';
import { LookBackoff } from './look-backoff.ts';
import { type OrderIntent, takesRisk } from './order.ts';
import { type OrderOutcome, outcomeOf } from './order-outcome.ts';
import { isTerminal } from './order-state.ts';
import type { PurchaseCaps } from './purchase-caps.ts';
import type { Reason } from './reason.ts';
import { isKeptOpen } from './resting-order.ts';
import { planRetry, type Retry } from './retry-intent.ts';
import type { TradingEngine } from './trading-engine.ts';

export interface SettleOptions {
  readonly clock: Clock;
  /** Returns when the world's time is `untilMs`, or earlier when something may have happened. */
  readonly wait: (untilMs: TimeMs) => Promise<void>;
  /** What the rest of an order would be priced at; undefined gives it up. */
  readonly price: () => Promise<Money | undefined>;
  /** An order that is open for so long is cancelled. */
  readonly unfilledTimeoutMs: number;
  /** Orders of one decision and leg, the first included. */
  readonly maxAttempts: number;
  /** What a purchase may come to when its rest is ordered again; absent: what was wanted at first. */
  readonly caps?: PurchaseCaps | undefined;
  /** Whether trading is halted: then open purchases are cancelled. Absent: it never is. */
  readonly isHalted?: (() => Promise<boolean>) | undefined;
  /** Look-ups without an end before the orders are left to the next cycle. */
  readonly maxRounds: number;
  /** Whether something more urgent waits: what is open is cancelled then, and nothing is ordered again. */
  readonly isBrokenOff?: () => boolean;
}

/**
 * Carries out intents until their outcome is known: looks up what is open or unknown, cancels what stays unfilled too
 * long, and orders again what a partial fill left, as a new attempt through the gate. Orders whose outcome the exchange
 * does not tell stay open; the next `recover` or `refresh` goes on with them.
 */
export async function settleOrders(
  engine: TradingEngine,
  intents: readonly OrderIntent[],
  options: SettleOptions,
): Promise<OrderOutcome[]> {
  const outcomes: OrderOutcome[] = [];
  for (const intent of intents) {
    let next: OrderIntent | undefined = intent;
    while (next !== undefined) {
      const [outcome] = await engine.execute([next]);
      if (outcome !== undefined) outcomes.push(await settleOne(engine, outcome, options));
      const retry = await retryOf(engine, intent, options);
      next = retry?.kind === 'order' ? retry.intent : undefined;
      if (retry?.kind === 'none' && retry.reason !== null) giveUp(outcomes, retry.reason);
    }
  }
  return outcomes;
}

/** Goes on with every order whose end is not known yet, as `settleOrders` does. Protective orders stay at the exchange. */
export async function settleOpenOrders(engine: TradingEngine, options: SettleOptions): Promise<OrderOutcome[]> {
  const open = engine.ledger
    .unsettledOrders()
    .filter((order) => !isKeptOpen(order))
    .map(outcomeOf);
  if (open.length > 0) await engine.refresh();
  const outcomes: OrderOutcome[] = [];
  for (const outcome of open) outcomes.push(await settleOne(engine, outcome, options));
  return outcomes;
}

async function settleOne(engine: TradingEngine, outcome: OrderOutcome, options: SettleOptions): Promise<OrderOutcome> {
  const { clientOrderId } = outcome;
  const { clock, isHalted = async () => false } = options;
  const order = engine.ledger.order(clientOrderId);
  const backoff = new LookBackoff();
  let hasCancelled = false;
  const isOver = () => isTerminal(order.state) || isKeptOpen(order) || backoff.isSpent;
  for (let round = 0; round < options.maxRounds && !isOver(); round++) {
    const staleMs = order.intent.plannedAtMs + options.unfilledTimeoutMs;
    const isOpen = order.state === 'ACCEPTED' || order.state === 'PARTIALLY_FILLED';
    // While halted no more risk is to be taken, and an order in the book would go on buying.
    const isBrokenOff = options.isBrokenOff?.() === true;
    if (isBrokenOff && (!isOpen || hasCancelled)) break;
    const isUnwanted = isOpen && (isBrokenOff || clock.nowMs() >= staleMs || (takesRisk(order.intent) && (await isHalted())));
    if (!isUnwanted || hasCancelled) {
      const nextMs = isUnwanted ? clock.nowMs() : isOpen ? staleMs : (engine.waitingForMs() ?? staleMs);
      await options.wait(backoff.nextLookMs(clock.nowMs(), nextMs));
    }
    if (isUnwanted) {
      hasCancelled = true;
      await engine.cancel(clientOrderId);
    }
    await engine.refresh();
  }
  return outcomeOf(order);
}

/** Says with the last outcome why what it left is not ordered again. */
function giveUp(outcomes: OrderOutcome[], { rule, value, limit }: Reason): void {
  const last = outcomes.pop();
  if (last === undefined) return;
  const why = `not ordered again: ${rule} (${value} against ${limit})`;
  outcomes.push({ ...last, message: last.message === null ? why : `${last.message}; ${why}` });
}

/** What is left of an intent, by the rules of the venue as they are now. */
async function retryOf(engine: TradingEngine, intent: OrderIntent, options: SettleOptions): Promise<Retry | undefined> {
  if (options.isBrokenOff?.()) return undefined;
  const nowMs = options.clock.nowMs();
  const last = engine.ledger.attempts(intent.decisionId, intent.leg).at(-1);
  if (last === undefined || last.state === 'FILLED' || !isTerminal(last.state) || nowMs > intent.validUntilMs) return undefined;
  const priceUsd = await options.price();
  if (priceUsd === undefined) return undefined;
  const { filters } = await engine.broker.market(intent.symbol);
  const { maxAttempts } = options;
  const { clientOrderIdLength } = engine.broker.capabilities;
  return planRetry(engine.ledger, intent, {
    priceUsd,
    filters,
    nowMs,
    validUntilMs: intent.validUntilMs,
    maxAttempts,
    clientOrderIdLength,
    caps: options.caps,
  });
}
