import type { AppParts } from '../app-parts.ts';
import { type AuditLine, type AuditRecord, appendAudit } from '../write-audit.ts';
import type { DaemonAlerts } from './daemon-alerts.ts';

/** Statuses of requests that were refused before anything was looked at: anybody can make as many as the network carries. */
const REFUSED: ReadonlySet<number> = new Set([401, 403, 421, 429]);
/** Process time in which refusals of one address and status become one line. */
const REFUSALS_EVERY_MS = 10_000;
/** Addresses and statuses of which refusals are told apart in that time; those of further ones are one line. */
const MAX_REFUSALS = 200;

/**
 * Writes every change that somebody asked for to `audit.ndjson`: what was done, in the order in which it is told and as soon
 * as the disk takes it; refusals with their number, so that a flood of them neither fills the disk nor keeps the program from
 * ending. What cannot be written down raises an alert.
 */
export class AuditLog {
  readonly #parts: Pick<AppParts, 'dataDir' | 'clock' | 'timer'>;
  readonly #alerts: Pick<DaemonAlerts, 'raise'>;
  #changes: AuditLine[] = [];
  readonly #refusals = new Map<string, AuditLine & { readonly count: number }>();
  #refusalsFromMs = Number.NEGATIVE_INFINITY;
  #writing: Promise<void> | undefined;
  #wake = new AbortController();
  #isClosing = false;

  constructor(parts: Pick<AppParts, 'dataDir' | 'clock' | 'timer'>, alerts: Pick<DaemonAlerts, 'raise'>) {
    this.#parts = parts;
    this.#alerts = alerts;
  }

  /** Takes a record; it is written in the background. */
  write(record: AuditRecord): void {
    const line = { timeMs: this.#parts.clock.nowMs(), ...record };
    if (REFUSED.has(record.status)) this.#count(line);
    else {
      this.#changes.push(line);
      this.#wake.abort();
    }
    this.#writing ??= this.#work().finally(() => {
      this.#writing = undefined;
    });
  }

  /** Writes what waits. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#wake.abort();
    await this.#writing;
  }

  #count(line: AuditLine): void {
    const own = `${line.status} ${line.from}`;
    const isKnown = this.#refusals.has(own) || this.#refusals.size < MAX_REFUSALS;
    const key = isKnown ? own : 'others';
    const before = this.#refusals.get(key) ?? { ...line, ...(!isKnown && { from: 'others' }), count: 0 };
    this.#refusals.set(key, { ...before, count: before.count + 1 });
  }

  async #work(): Promise<void> {
    const { timer } = this.#parts;
    while (this.#changes.length + this.#refusals.size > 0) {
      const isDue = this.#isClosing || timer.elapsedMs() >= this.#refusalsFromMs;
      if (isDue || this.#changes.length > 0) await this.#append(isDue);
      else {
        this.#wake = new AbortController();
        await timer.sleep(this.#refusalsFromMs - timer.elapsedMs(), this.#wake.signal).catch(() => undefined);
      }
    }
  }

  async #append(withRefusals: boolean): Promise<void> {
    const lines = [...this.#changes, ...(withRefusals ? this.#refusals.values() : [])];
    this.#changes = [];
    if (withRefusals) {
      if (this.#refusals.size > 0) this.#refusalsFromMs = this.#parts.timer.elapsedMs() + REFUSALS_EVERY_MS;
      this.#refusals.clear();
    }
    await appendAudit(this.#parts, lines).catch((error: unknown) =>
      this.#alerts.raise({
        name: 'audit_failed',
        severity: 'critical',
        title: `the audit log cannot be written: ${String(error)}`,
      }),
    );
  }
}
