import { AppError, HOUR_MS, InvariantError, latestDailyMs, MINUTE_MS, type TimeMs } from '../../domain/index.ts';
import type { EventLog } from '../../server/index.ts';
import type { Ledger, OrderOutcome } from '../../trading/index.ts';
import type { AppParts } from '../app-parts.ts';
import { exitPrice } from '../exit-order.ts';
import type { HealthCheck } from '../health/health-check.ts';
import { haltReason } from '../order-route.ts';
import type { SoldEverything } from '../sell-everything.ts';
import type { TradingSession } from '../trading-session.ts';
import type { DaemonAlerts } from './daemon-alerts.ts';
import { FlattenRequests } from './flatten-requests.ts';
import { OrderNews } from './order-news.ts';
import { ROUTE_ALERTS, routeAlert } from './route-alert.ts';
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
  readonly #flattening: FlattenRequests;
  readonly #news: OrderNews;

  constructor(given: ExchangeWatchParts) {
    this.#given = given;
    this.#told = toldBefore(given.parts, given.session.cycle.engine.ledger);
    this.#pricedAtMs = given.parts.timer.elapsedMs();
    this.#flattening = new FlattenRequests({ ...given, onOrders: (orders) => this.#tellOrders(orders) });
    const { clock, config } = given.parts;
    const repeatMs = config.notifications.repeatAfterHours * HOUR_MS;
    this.#news = new OrderNews(given.session.cycle.engine.ledger, clock.nowMs() - repeatMs);
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
    await this.#guarded('flatten', () => this.#flattening.sellIfAsked());
    const { parts, session, takeTransfers } = this.#given;
    if (session.turn.isFree) await this.#guarded('transfers', () => takeTransfers(parts, session));
  }

  /** Sells everything now, asked for or not. */
  flatten(): Promise<SoldEverything> {
    return this.#flattening.sellNow();
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

  /** Tells what became of orders that somebody else carried out: a decision, or the exchange by itself. */
  async noteOrders(orders: readonly OrderOutcome[]): Promise<void> {
    await this.#took(orders);
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
    await this.#took(this.#news.since());
    const isNew = trouble !== this.#trouble;
    this.#trouble = trouble;
    if (status.kind === 'halt' && (isNew || !(await cycle.isHalted()))) await this.halt(haltReason(status));
    const alert = routeAlert(status);
    for (const name of ROUTE_ALERTS) if (name !== alert?.name) alerts.over(name);
    if (alert && isNew) alerts.raise(alert);
  }

  async halt(why: string): Promise<void> {
    const { parts, session, events, alerts } = this.#given;
    const inForce = await session.cycle.halt(why);
    events.add('halt', parts.clock.nowMs(), { why });
    alerts.raise({
      name: 'halted',
      key: `halted:${inForce?.atMs ?? parts.clock.nowMs()}:${why}`,
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
    await this.#took(this.#news.since());
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
    if (why === undefined) alerts.over('position_unprotected');
    else if (why !== this.#emergency) {
      alerts.raise({
        name: 'position_unprotected',
        key: `position_unprotected:${why}`,
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
    this.#tellOrders(orders);
    await this.#given.session.writeHistory();
  }

  #tellOrders(orders: readonly OrderOutcome[]): void {
    const { parts, events, alerts } = this.#given;
    this.#news.told(orders);
    for (const order of orders) events.add('order', parts.clock.nowMs(), order);
    alerts.orders(orders);
  }

  /** @returns when the look is done, or has failed and was told */
  async #guarded(look: Look, work: () => Promise<void>): Promise<void> {
    try {
      await work();
      if (this.#failures.delete(look)) this.#given.alerts.over(`watch_failed:${look}`);
    } catch (thrown) {
      this.#given.parts.signal?.throwIfAborted();
      const error = typedFailure(thrown, this.#given.parts.dataDir);
      if (!(error instanceof AppError)) throw error;
      const before = this.#failures.get(look);
      this.#failures.set(look, error);
      const isNew = before === undefined || whatOf(before) !== whatOf(error);
      if (error instanceof InvariantError) await this.haltFor(error, isNew);
      else if (isNew) this.#tellFailed(look, error);
    }
  }

  #tellFailed(look: Look, error: AppError): void {
    const alert = { name: 'watch_failed', key: `watch_failed:${look}:${error.code}`, severity: 'warning' } as const;
    this.#given.alerts.failed({ ...alert, what: WHAT[look] }, error);
  }

  /** Halts for what must not be believed. Where even that fails it is told, and trading is not ended for it. */
  async haltFor(error: InvariantError, isNew = true): Promise<void> {
    try {
      if (isNew || !(await this.#given.session.cycle.isHalted())) await this.halt(whatOf(error));
    } catch (cause) {
      const what = `trading could not be halted for ${whatOf(error)}`;
      this.#given.alerts.failed({ name: 'halted', key: `halted:not:${error.code}`, severity: 'critical', what }, cause);
    }
  }

  #tellDoubt(doubt: string | null): void {
    const isNew = doubt !== null && this.#doubtful === '';
    this.#doubtful = doubt ?? '';
    if (!isNew) return;
    this.#given.alerts.raise({
      name: 'price_doubtful',
      severity: 'warning',
      title: `a price reached a level and is not believed, so nothing was sold: ${doubt}`,
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
