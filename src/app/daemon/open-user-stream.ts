import { createRng, SECOND_MS } from '../../domain/index.ts';
import { type OrderOutcome, outcomeOf, UserStream, type UserStreamStatus } from '../../trading/index.ts';
import type { AppParts } from '../app-parts.ts';
import { SandboxClock } from '../sandbox-clock.ts';
import type { TradingSession } from '../trading-session.ts';

const RNG_STREAM = 0x75;
/** Process time without a word from the exchange, pongs included, after which its events are stale. */
const STALE_MS = 60 * SECOND_MS;

/** What the daemon does with what the exchange tells. */
export interface UserStreamHooks {
  /** Events may have been missed: compare everything with the exchange soon. */
  readonly reconcileSoon: () => void;
  /** An order was filled, further than was known. */
  readonly onFill: (order: OrderOutcome) => Promise<void>;
}

/**
 * The account's events on an open session, not started yet: each asks for a look at its order over REST, which is what is
 * booked. Nothing where orders go to no exchange, where it is switched off, and in a world that stands still, where how
 * soon a message arrives is nobody's choice.
 */
export function openUserStream(
  { clock, timer, config }: AppParts,
  session: TradingSession,
  { reconcileSoon, onFill }: UserStreamHooks,
): UserStream | undefined {
  const { engine } = session.cycle;
  const connect = engine.broker.userStream;
  if (connect === undefined || (clock instanceof SandboxClock && clock.speed === 0)) return undefined;
  return new UserStream({
    connect,
    clock,
    timer,
    rng: createRng(config.model.seed, RNG_STREAM),
    listener: {
      gap: reconcileSoon,
      async order(clientOrderId) {
        const { fillCount } = engine.ledger;
        const isOurs = await engine.lookAt(clientOrderId);
        if (isOurs && engine.ledger.fillCount > fillCount) await onFill(outcomeOf(engine.ledger.order(clientOrderId)));
      },
    },
  });
}

/** Whether fills are told at once; where not, why. REST is asked in any case, only later. */
export function userStreamCheck({ state, lastHeardMs, problem }: UserStreamStatus, nowMs: number, worldSpeed: number) {
  const silentMs = lastHeardMs === null ? Number.POSITIVE_INFINITY : (nowMs - lastHeardMs) / Math.max(1, worldSpeed);
  const isWell = state === 'up' && silentMs < STALE_MS;
  const why = problem ?? (Number.isFinite(silentMs) ? `nothing for ${Math.round(silentMs / SECOND_MS)} s` : state);
  return isWell
    ? ({ name: 'user_stream', status: 'ok', detail: 'the exchange tells of fills at once', remedy: null } as const)
    : ({
        name: 'user_stream',
        status: 'degraded',
        detail: `the exchange does not tell of fills: ${why}`,
        remedy: 'it is connected again by itself; until then orders are asked for every hour and before every decision',
      } as const);
}
