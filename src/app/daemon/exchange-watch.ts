import { AppError, InvariantError, latestDailyMs, MINUTE_MS, type TimeMs } from '../../domain/index.ts';
import type { EventLog } from '../../server/index.ts';
import type { Ledger, OrderOutcome } from '../../trading/index.ts';
import type { AppParts } from '../app-parts.ts';
import { exitPrice } from '../exit-order.ts';
import { flattenIfAsked, flattenNow } from '../halting.ts';
import type { HealthCheck } from '../health/health-check.ts';
import type { SoldEverything } from '../sell-everything.ts';
import type { TradingSession } from '../trading-session.ts';
import type { DaemonAlerts } from './daemon-alerts.ts';
import { routeAlert } from './route-alert.ts';
import { toldBefore } from './told-before.ts';
import { typedFailure } from './typed-failure.ts';
import { isHeldTooLong, sellPosition, watchPosition } from './watch-position.ts';
import { whyUnprotected } from './why-unprotected.ts';

export interface ExchangeWatchParts {
  readonly parts: AppParts;
  readonly session: TradingSession;
  readonly events: EventLog;
  readonly alerts: DaemonAlerts;
  /** Books the transfers that were asked for beside the daemon. */
  readonly takeTransfers: (parts: AppParts, session: TradingSession) => Promise<void>;
}

/** Process time between two prices of which both have to be beyond a level before something is sold. */
const SECOND_LOOK_MS = 1_000;
/** Process time until a sale of everything that did not succeed is tried again; doubled each time, up to the longest. */
const FLATTEN_AGAIN_MS = 15_000;
const FLATTEN_AGAIN_MOST_MS = 4 * MINUTE_MS;

/** The kinds of looks, each of which may fail by itself. */
type Look = 'flatten' | 'transfers' | 'price' | 'orders';

/**
 * Between decisions: the orders, the position and the exchange's books, looked at again and again. What fails ends
 * nothing: what must not be believed halts trading, and everything that fails is told and tried again at the next look.
 */
export class ExchangeWatch {
  readonly #given: ExchangeWatchParts;
  readonly #failures = new Map<Look, AppError>();
  #reconciledMs: TimeMs = 0;
  /** The comparison with the exchange that people were told of. */
  #told: Ledger['lastReconciliation'];
  /** What the last comparison found wrong; told once while it lasts. */
  #trouble = '';
  #pricedAtMs: number;
  #emergency: string | undefined;
  #doubtful = '';
  #flattenAgainAtMs = Number.NEGATIVE_INFINITY;
  #flattenFailures = 0;

  constructor(given: ExchangeWatchParts) {
    this.#given = given;
    this.#told = toldBefore(given.parts, given.session.cycle.engine.ledger);
    this.#pricedAtMs = given.parts.timer.elapsedMs();
  }

  /** What must not be believed, while it lasts; trading is halted. */
  get trouble(): string | undefined {
    const broken = [...this.#failures.values()].find((error) => error instanceof InvariantError);
    return broken && whatOf(broken);
  }

  /** How the last looks went. */
  get check(): HealthCheck {
    const [failure] = this.#failures.values();
    if (failure === undefined) return { name: 'watch', status: 'ok', detail: 'orders and position are looked at', remedy: null };
    const remedy = failure.hint ?? 'it is tried again at the next look';
    return {
      name: 'watch',
      status: this.trouble === undefined ? 'degraded' : 'down',
      detail: this.trouble ?? whatOf(failure),
      remedy,
    };
  }

  /** The next look compares with the exchange, whenever the last one did. */
  reconcileSoon(): void {
    this.#reconciledMs = Number.NEGATIVE_INFINITY;
  }

  /** Everything, one after the other: what was asked for, the price, the orders. */
  async look(): Promise<void> {
    await this.lookForRequests();
    await this.lookAtPrice();
    await this.lookAtOrders();
  }

  /** Sells everything where that was asked for, and books transfers where nobody acts meanwhile. */
  async lookForRequests(): Promise<void> {
    await this.#lookForFlatten();
    const { parts, session, takeTransfers } = this.#given;
    if (session.turn.isFree) await this.#guarded('transfers', () => takeTransfers(parts, session));
  }

  #lookForFlatten(): Promise<void> {
    return this.#guarded('flatten', async () => {
      const { parts, session } = this.#given;
      if (parts.timer.elapsedMs() < this.#flattenAgainAtMs) return;
      const sold = await flattenIfAsked(parts, session);
      if (sold) this.#tellFlattened(sold);
    });
  }

  /** Sells everything now, asked for or not. */
  async flatten(): Promise<SoldEverything> {
    const sold = await flattenNow(this.#given.parts, this.#given.session);
    this.#tellFlattened(sold);
    return sold;
  }

  /** Minds stops and targets, whoever acts meanwhile. */
  lookAtPrice(): Promise<void> {
    return this.#guarded('price', async () => {
      const { parts, session } = this.#given;
      const { timer, signal, clock } = parts;
      const isStill = 'speed' in clock && clock.speed === 0;
      const look = await watchPosition(session, () => (isStill ? Promise.resolve() : timer.sleep(SECOND_LOOK_MS, signal)));
      if (look.hasPrice) this.#pricedAtMs = timer.elapsedMs();
      this.#tellDoubt(look.doubtful);
      await this.#took(look.orders);
    });
  }

  /**
   * Compares with the exchange where that is due, keeps the pair there in step with the position, and sells what is held
   * for too long or cannot be protected. Nothing while somebody else acts: the next look does it.
   */
  async lookAtOrders(): Promise<void> {
    const { turn } = this.#given.session;
    if (turn.isFree) await this.#guarded('orders', () => turn.take(() => this.#mindOrders()));
  }

  /** A fill that the exchange told of by itself, and that was booked. */
  async noteFill(order: OrderOutcome): Promise<void> {
    await this.#took([order]);
  }

  /** `reconcile` where nothing that it throws ends the caller. */
  reconcileGuarded(): Promise<void> {
    return this.#guarded('orders', () => this.reconcile());
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
    const alert = isNew ? routeAlert(status) : undefined;
    if (alert) alerts.raise(alert);
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

  async #mindOrders(): Promise<void> {
    const { parts, session } = this.#given;
    const { cycle } = session;
    const { clock, config } = parts;
    const { ledger } = cycle.engine;
    const { fillCount } = ledger;
    const isDue = clock.nowMs() >= this.#reconciledMs + config.exchange.reconcileEveryMinutes * MINUTE_MS;
    if (isDue || ledger.workingOrders().length > 0) await this.reconcile();
    await cycle.route.protect(cycle.engine);
    await this.#sellWhatMustGo();
    if (isDue || ledger.fillCount > fillCount) await session.writeHistory();
  }

  async #sellWhatMustGo(): Promise<void> {
    const { parts, session } = this.#given;
    const { cycle } = session;
    const { decisionHourUtc } = parts.config.strategy;
    const lateMs = parts.config.schedule.decisionLateHours * 60 * MINUTE_MS;
    const isTooLong = isHeldTooLong(cycle, { dueMs: latestDailyMs(parts.clock.nowMs(), decisionHourUtc), lateMs });
    const leg = isTooLong ? 'time_exit' : this.#isEmergency() ? 'emergency_exit' : undefined;
    if (leg === undefined) return;
    const priceUsd = await exitPrice(cycle);
    if (priceUsd !== undefined) await this.#took(await sellPosition(cycle, leg, priceUsd));
  }

  /** Whether what is held cannot be protected as it should, and is to be sold for it; told whatever is done. */
  #isEmergency(): boolean {
    const { parts, session, alerts } = this.#given;
    const { emergencyExit, emergencyExitAfter } = parts.config.exchange;
    const pricelessMs = parts.timer.elapsedMs() - this.#pricedAtMs;
    const why = whyUnprotected(session.cycle.engine.ledger, { pricelessMs, emergencyExitAfter });
    const what = emergencyExit === 'sell' ? 'it is sold at the market' : 'it is tried again';
    if (why !== undefined && why !== this.#emergency) {
      alerts.raise({
        name: 'position_unprotected',
        severity: 'critical',
        title: `the position is not protected as it should be: ${why}; ${what}`,
        detail:
          'Compare `ets journal` with the exchange; `ets flatten` sells what is held. exchange.emergencyExit says what happens.',
      });
    }
    this.#emergency = why;
    return why !== undefined && emergencyExit === 'sell';
  }

  async #took(orders: readonly OrderOutcome[]): Promise<void> {
    if (orders.length === 0) return;
    const { parts, session, events, alerts } = this.#given;
    for (const order of orders) events.add('order', parts.clock.nowMs(), order);
    alerts.orders(orders);
    await session.writeHistory();
  }

  /** @returns when the look is done, or has failed and was told */
  async #guarded(look: Look, work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.#failures.delete(look);
    } catch (thrown) {
      this.#given.parts.signal?.throwIfAborted();
      const error = typedFailure(thrown, this.#given.parts.dataDir);
      if (!(error instanceof AppError)) throw error;
      const before = this.#failures.get(look);
      this.#failures.set(look, error);
      const isNew = before === undefined || whatOf(before) !== whatOf(error);
      if (error instanceof InvariantError) await this.haltFor(error, isNew);
      else if (isNew) this.#given.alerts.failed({ name: 'watch_failed', severity: 'warning', what: WHAT[look] }, error);
    }
  }

  /** Halts for what must not be believed. Where even that fails it is told, and trading is not ended for it. */
  async haltFor(error: InvariantError, isNew = true): Promise<void> {
    try {
      if (isNew || !(await this.#given.session.cycle.isHalted())) await this.halt(whatOf(error));
    } catch (cause) {
      const what = `trading could not be halted for ${whatOf(error)}`;
      this.#given.alerts.failed({ name: 'halted', severity: 'critical', what }, cause);
    }
  }

  #tellFlattened({ orders, isFlat, positionEth, why }: SoldEverything): void {
    const { parts, events, alerts } = this.#given;
    events.add('halt', parts.clock.nowMs(), { why: 'flatten', isFlat });
    for (const order of orders) events.add('order', parts.clock.nowMs(), order);
    alerts.orders(orders);
    this.#flattenFailures = isFlat ? 0 : this.#flattenFailures + 1;
    const pauseMs = Math.min(FLATTEN_AGAIN_MOST_MS, FLATTEN_AGAIN_MS * 2 ** (this.#flattenFailures - 1));
    this.#flattenAgainAtMs = isFlat ? Number.NEGATIVE_INFINITY : parts.timer.elapsedMs() + pauseMs;
    if (isFlat) return;
    alerts.raise({
      name: 'flatten_failed',
      severity: 'critical',
      title: `${positionEth} ETH are still held although everything was to be sold: ${why}`,
      detail: 'It is tried again until nothing is held; `ets resume` gives it up. Sell at the exchange itself if it is urgent.',
    });
  }

  #tellDoubt(doubt: string | null): void {
    const isNew = doubt !== null && this.#doubtful === '';
    this.#doubtful = doubt ?? '';
    if (!isNew) return;
    this.#given.alerts.raise({
      name: 'price_doubtful',
      severity: 'warning',
      title: `a price reached a level and the next one did not, so nothing was sold: ${doubt}`,
      detail:
        'Nothing, where it happens once; if it goes on, compare the prices with the exchange and set exchange.protectOnExchange.',
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

const whatOf = ({ code, message }: AppError): string => `${code}: ${message}`;

const WHAT: Readonly<Record<Look, string>> = {
  flatten: 'selling everything failed',
  transfers: 'booking what was given or taken by hand failed',
  price: 'looking at the price of the position failed',
  orders: 'looking after the orders failed',
};
