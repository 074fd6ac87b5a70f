import type { Clock, Money } from '../domain/index.ts';
import { LookBackoff } from './look-backoff.ts';
import { openLists } from './order-list.ts';
import { nextProtectiveStep, type ProtectiveStep } from './protective-orders.ts';
import { reason } from './reason.ts';
import type { SymbolFilters } from './symbol-filters.ts';
import type { TradingEngine } from './trading-engine.ts';
import type { TradingMode } from './trading-mode.ts';

export interface KeepProtectedOptions {
  readonly clock: Clock;
  readonly symbol: string;
  readonly mode: TradingMode;
  readonly filters: SymbolFilters;
  /** What one Ether costs now; undefined where nobody says, and then nothing is changed. */
  readonly price: () => Promise<Money | undefined>;
}

export interface WithdrawOptions {
  readonly clock: Clock;
  /** Returns when the world's time is `untilMs`, or earlier when something may have happened. */
  readonly wait: (untilMs: number) => Promise<void>;
  /** Looks at the exchange before a list whose outcome stays open is left. */
  readonly maxRounds: number;
  /** Whether something more urgent waits: then it is left as it is. */
  readonly isBrokenOff?: () => boolean;
}

/** A pair that is not sent by then is made anew, at the price then. */
const VALID_MS = 60_000;
/** A pair that is out of step is withdrawn, a price is asked for and it is placed anew; and what happens between that. */
const MAX_STEPS = 5;

/**
 * Brings the stop and the target that rest at the exchange in step with the position: places, replaces or withdraws
 * them. @returns the step at which it ended; `here` where the price has to be watched
 */
export async function keepProtected(engine: TradingEngine, options: KeepProtectedOptions): Promise<ProtectiveStep> {
  const { ledger } = engine;
  let priceUsd: Money | undefined;
  let hasPlaced = false;
  let step: ProtectiveStep = { kind: 'none' };
  for (let count = 0; count < MAX_STEPS; count++) {
    const nowMs = options.clock.nowMs();
    step = nextProtectiveStep(ledger, {
      ...options,
      priceUsd,
      nowMs,
      validUntilMs: nowMs + VALID_MS,
      clientOrderIdLength: engine.broker.capabilities.clientOrderIdLength,
    });
    if (step.kind === 'price') {
      priceUsd = await options.price();
      if (priceUsd === undefined) return { kind: 'here', why: reason('no_price') };
    } else if (step.kind === 'withdraw') {
      await engine.cancelList(step.listClientOrderId);
      // Not told whether it was cancelled: the next look goes on.
      if (openLists(ledger).length > 0) return { kind: 'wait' };
    } else if (step.kind === 'place' && !hasPlaced) {
      hasPlaced = true;
      await engine.executeList(step.list);
    } else return step.kind === 'place' ? { kind: 'here', why: reason('not_placed') } : step;
  }
  return step;
}

/**
 * Takes the protective orders off the exchange, so that what they hold can be sold. What they sold meanwhile is booked.
 * @returns whether none is left; else nothing may be sold yet
 */
export async function withdrawProtection(
  engine: TradingEngine,
  { clock, wait, maxRounds, isBrokenOff }: WithdrawOptions,
): Promise<boolean> {
  const backoff = new LookBackoff();
  for (let round = 0; round < maxRounds && !backoff.isSpent; round++) {
    const open = openLists(engine.ledger);
    if (open.length === 0) return true;
    if (isBrokenOff?.()) return false;
    for (const { listClientOrderId } of open) await engine.cancelList(listClientOrderId);
    if (openLists(engine.ledger).length > 0)
      await wait(backoff.nextLookMs(clock.nowMs(), engine.waitingForMs() ?? clock.nowMs()));
  }
  return openLists(engine.ledger).length === 0;
}
