import { AppError, type TimeMs, toIso } from '../../domain/index.ts';
import type { Alert, Logger, Metrics, NotificationSystem, Severity } from '../../monitoring/index.ts';
import type { EventLog } from '../../server/index.ts';
import type { DecisionRecord, Ledger, OrderOutcome } from '../../trading/index.ts';
import type { AppParts } from '../app-parts.ts';
import type { HealthCheck } from '../health/health-check.ts';
import type { ModelQuality } from '../model-quality.ts';
import type { HealthMonitor } from './health-monitor.ts';

export interface AlertParts {
  readonly parts: AppParts;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly events: EventLog;
  readonly notifications: NotificationSystem;
}

type Raised = Pick<Alert, 'name' | 'severity' | 'title'> & { readonly key?: string; readonly detail?: string };
type RecordedDifferences = NonNullable<Ledger['lastReconciliation']>['differences'];

/** What somebody is told when a part of `check-status` is not well. */
const HEALTH_ALERTS: Readonly<Record<string, Pick<Alert, 'name' | 'severity'>>> = {
  storage: { name: 'storage_damaged', severity: 'critical' },
  prices: { name: 'data_stale', severity: 'warning' },
  model: { name: 'model_stale', severity: 'warning' },
  halt: { name: 'halted', severity: 'critical' },
  disk: { name: 'disk_low', severity: 'critical' },
  orders: { name: 'order_open', severity: 'critical' },
  backup: { name: 'backup_old', severity: 'warning' },
  clock: { name: 'clock_wrong', severity: 'critical' },
  notifications: { name: 'messages_wait', severity: 'warning' },
  certificate: { name: 'certificate_expires', severity: 'warning' },
};

/** States in which an order did not do what it was meant to. */
const PROBLEMS: ReadonlySet<OrderOutcome['state']> = new Set(['REJECTED', 'UNKNOWN', 'NOT_SENT', 'NOT_FOUND']);

const LEVELS: Readonly<Record<Severity, 'info' | 'warn' | 'error'>> = { info: 'info', warning: 'warn', critical: 'error' };

const HEARTBEAT_TIMEOUT_MS = 5_000;
/** How long a daemon that ends by an error waits for a channel to take its last words. */
const LAST_WORDS_MS = 5_000;

/**
 * Tells people what happens in the daemon: on the log, on the event stream and on the channels. Nothing here is waited
 * for by trading, and no channel that fails stops it.
 */
export class DaemonAlerts {
  readonly #parts: AppParts;
  readonly #log: Logger;
  readonly #metrics: Metrics;
  readonly #events: EventLog;
  readonly #notifications: NotificationSystem;
  readonly #stop = new AbortController();
  readonly #underWay = new Set<Promise<void>>();

  constructor({ parts, log, metrics, events, notifications }: AlertParts) {
    this.#parts = parts;
    this.#log = log;
    this.#metrics = metrics;
    this.#events = events;
    this.#notifications = notifications;
  }

  raise({ name, key, severity, ...text }: Raised): void {
    const { clock, isSimulated } = this.#parts;
    const [title, detail] = [this.#redact(text.title), this.#redact(text.detail ?? '')];
    this.#log[LEVELS[severity]]({ alert: name, ...(detail !== '' && { detail }) }, title);
    this.#metrics.count('ets_alerts_total', { name, severity });
    if (severity !== 'info') this.#events.add('alert', clock.nowMs(), { name, severity, message: title });
    const alert = { name, severity, title, detail, simulated: isSimulated, ...(key !== undefined && { key: this.#redact(key) }) };
    this.#behind(this.#notifications.raise(alert).then(() => this.deliver()));
  }

  /** A condition has ended, and with it every one that was told under `key:...`: it is told again when it comes again. */
  over(key: string): void {
    this.#behind(this.#notifications.over(this.#redact(key)));
  }

  /** Keys are made of reasons and errors too, and stand in the outbox. */
  #redact(text: string): string {
    return this.#parts.redact?.(text) ?? text;
  }

  /** Tells of something that failed: its message, its code, and what to do. */
  failed(alert: Omit<Raised, 'title' | 'detail'> & { readonly what: string }, error: unknown): void {
    const { what, ...rest } = alert;
    this.raise({ ...rest, title: `${what}: ${messageOf(error)}`, detail: whatToDo(error) });
  }

  /** Tells why the daemon ends, and waits a moment for a channel to take it. */
  async lastWords(error: unknown): Promise<void> {
    const key = `daemon_failed:${error instanceof AppError ? error.code : messageOf(error)}`;
    this.failed({ name: 'daemon_failed', key, severity: 'critical', what: 'the daemon cannot go on' }, error);
    const { timer } = this.#parts;
    const isTaken = new AbortController();
    const tooLate = timer.sleep(LAST_WORDS_MS, isTaken.signal).catch(() => undefined);
    await Promise.race([this.#settled(), tooLate]);
    isTaken.abort();
  }

  /** Sends in the background what waits and is due. */
  deliver(): void {
    this.#behind(this.#notifications.deliver());
  }

  orders(orders: readonly OrderOutcome[]): void {
    for (const { clientOrderId, state, filledQuantity, message } of orders) {
      const text = `order ${clientOrderId}: ${state}, ${filledQuantity} ETH filled${message === null ? '' : ` (${message})`}`;
      const isBad = PROBLEMS.has(state);
      this.raise({
        name: isBad ? 'order_problem' : 'order',
        key: `order:${clientOrderId}:${state}:${filledQuantity}`,
        severity: isBad ? 'warning' : 'info',
        title: text,
        ...(isBad && { detail: 'Compare `ets journal` with the exchange; an order of unknown outcome is never sent again.' }),
      });
    }
  }

  /** What a comparison with the exchange found, and what was done about it. */
  differences(differences: RecordedDifferences): void {
    for (const { kind, subject, venue, action = 'shown' } of differences) {
      const title = `${kind} ${subject}, ${venue} at the exchange: ${action}`;
      const key = `difference:${kind}:${subject}:${venue}:${action}`;
      this.raise({ name: 'exchange_differs', key, severity: action === 'shown' ? 'info' : 'warning', title });
    }
  }

  get waitingMessages(): number {
    return this.#notifications.queueDepth;
  }

  /** Looks, in the background, at every part, and raises an alert for each that is not well. */
  health(monitor: HealthMonitor): void {
    this.#behind(monitor.look().then(({ checks }) => this.checks(checks)));
  }

  /** Raises an alert for every part that is not well, and forgets those of parts that are. */
  checks(checks: readonly HealthCheck[]): void {
    for (const { name, status, detail, remedy, subject } of checks) {
      const alert = HEALTH_ALERTS[name];
      if (!alert) continue;
      const key = subject === undefined ? alert.name : `${alert.name}:${subject}`;
      if (status === 'ok') this.over(alert.name);
      else this.raise({ ...alert, key, title: `${name}: ${detail}`, detail: remedy ?? '' });
    }
  }

  /** @param equity time-weighted, by decision @param limit a fall from the highest that somebody should know of */
  performance(equity: readonly number[], limit: number): void {
    const top = equity.reduce((highest, one) => Math.max(highest, one), 0);
    const drawdown = top > 0 ? 1 - (equity.at(-1) ?? top) / top : 0;
    const title = `equity is ${(100 * drawdown).toFixed(1)} % below its highest, transfers left out`;
    if (drawdown < limit) this.over('performance_degraded');
    else this.raise({ name: 'performance_degraded', severity: 'warning', title });
  }

  /** A model that only should be watched is in the metrics. */
  quality({ level, reasons }: ModelQuality): void {
    const title = `the model is not what it was: ${reasons.join('; ')}`;
    if (level !== 'act') this.over('model_drift');
    else this.raise({ name: 'model_drift', severity: 'warning', title });
  }

  /** The summary of a day, and the sign of life that somebody outside waits for. */
  cycleDone(record: DecisionRecord, equityUsd: string): void {
    const { decisionTimeMs, decision } = record;
    const did = `${decision.action}${whyNothing(record)}`;
    const title = `${toIso(decisionTimeMs)}: ${decision.label}, ${did}; equity ${equityUsd} USDT`;
    this.raise({ name: 'daily_summary', key: `daily_summary:${decisionTimeMs}`, severity: 'info', title });
    // It may answer again by now: that nothing could be traded on that day is told all the same.
    if (record.conditions.isExchangeUp === false) this.#awayAt(decisionTimeMs);
    const url = this.#parts.env.ETS_HEARTBEAT_URL;
    if (url) this.#behind(this.#heartbeat(url));
  }

  /** Ends what is under way; messages that were not taken wait in the outbox for the next start. */
  async close(): Promise<void> {
    this.#stop.abort();
    const closing = this.#notifications.close().catch(() => undefined);
    await this.#settled();
    await closing;
  }

  async #settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  #awayAt(decisionTimeMs: TimeMs): void {
    const title = `the exchange did not answer when the decision of ${toIso(decisionTimeMs)} was made: it ordered nothing`;
    const detail = 'Nothing needs to be done; if it happens often, see its own status page.';
    this.raise({ name: 'exchange_down', severity: 'warning', title, detail });
  }

  async #heartbeat(url: string): Promise<void> {
    const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(HEARTBEAT_TIMEOUT_MS)]);
    const reply = await fetch(url, { signal }).catch(() => undefined);
    if (!reply?.ok && !this.#stop.signal.aborted) this.#log.warn('the heartbeat URL does not answer');
  }

  #behind(work: Promise<unknown>): void {
    const done: Promise<void> = work
      .then(
        () => undefined,
        (error: unknown) => this.#log.error(`an alert could not be passed on: ${String(error)}`),
      )
      .finally(() => this.#underWay.delete(done));
    this.#underWay.add(done);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The code of an error and its hint; what has no code is a defect, or the machine's. */
const whatToDo = (error: unknown): string =>
  error instanceof AppError ? `${error.code}: ${error.hint ?? 'see docs/errors.md'}` : 'unexpected: see the log';

/** Why a decision to trade ordered nothing, in brackets; nothing where it did, or was to hold. */
function whyNothing({ decision, risk, intents }: DecisionRecord): string {
  if (decision.action === 'HOLD' || intents.length > 0) return '';
  const rules = risk.reasons.map(({ rule }) => rule).join(', ');
  return risk.allowed ? ' (nothing ordered: no price, or too little to trade)' : ` (nothing ordered: ${rules})`;
}
