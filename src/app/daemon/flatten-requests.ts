import { MINUTE_MS } from '../../domain/index.ts';
import type { EventLog } from '../../server/index.ts';
import type { OrderOutcome } from '../../trading/index.ts';
import type { AppParts } from '../app-parts.ts';
import { flattenIfAsked, flattenNow } from '../halting.ts';
import type { SoldEverything } from '../sell-everything.ts';
import type { TradingSession } from '../trading-session.ts';
import type { DaemonAlerts } from './daemon-alerts.ts';

export interface FlattenRequestsParts {
  readonly parts: AppParts;
  readonly session: TradingSession;
  readonly events: EventLog;
  readonly alerts: DaemonAlerts;
  /** Told of the orders of each sale. */
  readonly onOrders: (orders: readonly OrderOutcome[]) => void;
}

/** Process time until a sale of everything that did not succeed is tried again; doubled each time, up to the longest. */
const AGAIN_MS = 15_000;
const AGAIN_MOST_MS = 4 * MINUTE_MS;

/** Sells everything where that was asked for, again and again until nothing is held, and tells how it went. */
export class FlattenRequests {
  readonly #given: FlattenRequestsParts;
  #againAtMs = Number.NEGATIVE_INFINITY;
  #failures = 0;

  constructor(given: FlattenRequestsParts) {
    this.#given = given;
  }

  /** Nothing where it was not asked for, or did not succeed a moment ago. */
  async sellIfAsked(): Promise<void> {
    const { parts, session } = this.#given;
    if (parts.timer.elapsedMs() < this.#againAtMs) return;
    const sold = await flattenIfAsked(parts, session);
    if (sold) this.#tell(sold);
  }

  /** Sells everything now, asked for or not. */
  async sellNow(): Promise<SoldEverything> {
    const sold = await flattenNow(this.#given.parts, this.#given.session);
    this.#tell(sold);
    return sold;
  }

  #tell({ orders, isFlat, positionEth, why }: SoldEverything): void {
    const { parts, events, alerts, onOrders } = this.#given;
    events.add('halt', parts.clock.nowMs(), { why: 'flatten', isFlat });
    onOrders(orders);
    this.#failures = isFlat ? 0 : this.#failures + 1;
    const pauseMs = Math.min(AGAIN_MOST_MS, AGAIN_MS * 2 ** (this.#failures - 1));
    this.#againAtMs = isFlat ? Number.NEGATIVE_INFINITY : parts.timer.elapsedMs() + pauseMs;
    if (isFlat) alerts.over('flatten_failed');
    else
      alerts.raise({
        name: 'flatten_failed',
        severity: 'critical',
        title: `${positionEth} ETH are still held although everything was to be sold: ${why}`,
        detail: 'It is tried again until nothing is held; `ets resume` gives it up. Sell at the exchange itself if it is urgent.',
      });
  }
}
