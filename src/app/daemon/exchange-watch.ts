import { MINUTE_MS, type TimeMs } from '../../domain/index.ts';
import type { EventLog } from '../../server/index.ts';
import type { Ledger, OrderOutcome } from '../../trading/index.ts';
import type { AppParts } from '../app-parts.ts';
import { flattenIfAsked } from '../halting.ts';
import type { TradingSession } from '../trading-session.ts';
import type { DaemonAlerts } from './daemon-alerts.ts';
import { watchPosition } from './watch-position.ts';

export interface ExchangeWatchParts {
  readonly parts: AppParts;
  readonly session: TradingSession;
  readonly events: EventLog;
  readonly alerts: DaemonAlerts;
}

/** Between decisions: the orders, the position and the exchange's books, looked at again and again. */
export class ExchangeWatch {
  readonly #given: ExchangeWatchParts;
  #reconciledMs: TimeMs = 0;
  /** The comparison with the exchange that people were told of. */
  #told: Ledger['lastReconciliation'];
  /** What the last comparison found wrong; told once while it lasts. */
  #trouble = '';

  constructor(given: ExchangeWatchParts) {
    this.#given = given;
    this.#told = given.session.cycle.engine.ledger.lastReconciliation;
  }

  /** The next look compares with the exchange, whenever the last one did. */
  reconcileSoon(): void {
    this.#reconciledMs = Number.NEGATIVE_INFINITY;
  }

  /** One look: sells where that was asked for, compares with the exchange where that is due, and minds stops and targets. */
  async look(): Promise<void> {
    const { parts, session, events, alerts } = this.#given;
    const { cycle } = session;
    const { clock } = parts;
    if (await flattenIfAsked(parts, session, clock.nowMs())) events.add('halt', clock.nowMs(), { why: 'flatten' });
    const { fillCount } = cycle.engine.ledger;
    const isDue = clock.nowMs() >= this.#reconciledMs + parts.config.exchange.reconcileEveryMinutes * MINUTE_MS;
    if (isDue || cycle.engine.ledger.workingOrders().length > 0) await this.reconcile();
    const exits = await watchPosition(cycle);
    for (const order of exits) events.add('order', clock.nowMs(), order);
    alerts.orders(exits);
    if (cycle.engine.ledger.fillCount > fillCount) await session.writeHistory();
  }

  /** A fill that the exchange told of by itself, and that was booked. */
  async noteFill(order: OrderOutcome): Promise<void> {
    const { parts, session, events, alerts } = this.#given;
    events.add('order', parts.clock.nowMs(), order);
    alerts.orders([order]);
    await session.writeHistory();
  }

  /** Books what the exchange did, compares it with the journal, and halts where they do not agree. */
  async reconcile(): Promise<void> {
    const { parts, session, alerts } = this.#given;
    const { cycle } = session;
    this.#reconciledMs = parts.clock.nowMs();
    const status = await cycle.route.check(cycle.engine);
    const trouble = status.kind === 'halt' ? `${status.kind}: ${status.why}` : status.kind;
    this.#tellDifferences();
    const isNew = trouble !== this.#trouble;
    this.#trouble = trouble;
    if (status.kind === 'halt' && (isNew || !(await cycle.isHalted()))) await this.halt(status.why);
    if (status.kind === 'not_trading' && isNew) {
      alerts.raise({
        name: 'market_delisted',
        severity: 'critical',
        title: status.why,
        detail: 'Nothing can be ordered there. The exchange says what becomes of what is held; `exchange` and `strategy.symbol` name another market.',
      });
    }
    if (status.kind === 'exchange_down' && isNew) {
      alerts.raise({
        name: 'exchange_down',
        severity: 'warning',
        title: `the exchange does not answer: ${status.why}`,
        detail: 'Nothing is ordered until it does, and nothing needs to be done; if it lasts, see its own status page.',
      });
    }
  }

  async halt(why: string): Promise<void> {
    const { parts, session, events, alerts } = this.#given;
    await session.cycle.halt(why);
    events.add('halt', parts.clock.nowMs(), { why });
    alerts.raise({
      name: 'halted',
      severity: 'critical',
      title: `trading is halted: ${why}`,
      detail: 'Mend the cause, then `ets resume`; `ets flatten` sells what is held.',
    });
  }

  /** Those that a daily cycle found are in the journal too. */
  #tellDifferences(): void {
    const last = this.#given.session.cycle.engine.ledger.lastReconciliation;
    if (last === null || last === this.#told) return;
    this.#told = last;
    this.#given.alerts.differences(last.differences);
  }
}
