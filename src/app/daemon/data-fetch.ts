import { MINUTE_MS } from '../../domain/index.ts';
import type { SourceRunNote } from '../../extraction/index.ts';
import type { AppParts } from '../app-parts.ts';
import { openExtraction } from '../extraction.ts';
import type { DaemonAlerts } from './daemon-alerts.ts';

/** Fetches what is missing until now, one fetch at a time: two would write the same notes of what is complete. */
export class DataFetch {
  readonly #parts: AppParts;
  readonly #alerts: Pick<DaemonAlerts, 'raise' | 'over'>;
  readonly #onSource: (run: SourceRunNote) => void;
  #underWay: { readonly abort: AbortController; readonly done: Promise<void> } | undefined;

  /** @param onSource told of each source when it is done */
  constructor(
    parts: AppParts,
    alerts: Pick<DaemonAlerts, 'raise' | 'over'>,
    onSource: (run: SourceRunNote) => void = () => undefined,
  ) {
    this.#onSource = onSource;
    this.#parts = parts;
    this.#alerts = alerts;
  }

  /** Fetches after what is under way. What a source refuses is told, and is no error here. */
  async fetch(signal: AbortSignal): Promise<void> {
    while (this.#underWay) await this.#underWay.done;
    const abort = new AbortController();
    const work = this.#extract(AbortSignal.any([signal, abort.signal, ...(this.#parts.signal ? [this.#parts.signal] : [])]));
    const done = work
      .catch(() => undefined)
      .finally(() => {
        this.#underWay = undefined;
      });
    this.#underWay = { abort, done };
    await work;
  }

  /**
   * Fetches now and for at most so long in process time; a decision then judges the data that is there. Another fetch is
   * broken off, since this one gets what it would have got.
   */
  async fetchWithin(deadlineMs: number): Promise<void> {
    const { timer, signal } = this.#parts;
    const [over, done] = [new AbortController(), new AbortController()];
    const deadline = timer.sleep(deadlineMs, done.signal).then(
      () => over.abort(new Error('no more time')),
      () => undefined,
    );
    try {
      await this.#fetchFirst(over.signal);
    } catch (error) {
      if (!over.signal.aborted || signal?.aborted) throw error;
    } finally {
      done.abort();
      await deadline;
    }
    if (over.signal.aborted) this.#tellLate(deadlineMs);
    else this.#alerts.over('extraction_failed:deadline');
  }

  #tellLate(deadlineMs: number): void {
    this.#alerts.raise({
      name: 'extraction_failed',
      key: 'extraction_failed:deadline',
      severity: 'warning',
      title: `data was not fetched within ${Math.round(deadlineMs / MINUTE_MS)} minutes; the decision takes what is there`,
      detail: '`ets extract` shows which source is slow.',
    });
  }

  async #fetchFirst(signal: AbortSignal): Promise<void> {
    this.#underWay?.abort.abort(new Error('a decision fetches now'));
    await this.fetch(signal);
  }

  async #extract(signal: AbortSignal): Promise<void> {
    const { days } = await openExtraction(this.#parts).extractUntil(this.#parts.clock.nowMs(), {
      signal,
      onSource: this.#onSource,
    });
    if (signal.aborted) return;
    const asked = days.flatMap(({ datasets }) => datasets);
    const failed = new Set(asked.flatMap(({ dataset, error }) => (error ? [dataset] : [])));
    for (const { dataset } of asked) if (!failed.has(dataset)) this.#alerts.over(`extraction_failed:${dataset}`);
    for (const { date, datasets } of days)
      for (const { dataset, error } of datasets) {
        if (!error) continue;
        const title = `${date} ${dataset}: ${error.message}`;
        const detail = `${error.code}: ask again with \`ets extract --date ${date}\`; it is fetched again by itself too.`;
        this.#alerts.raise({
          name: 'extraction_failed',
          key: `extraction_failed:${dataset}`,
          severity: 'warning',
          title,
          detail,
        });
      }
  }
}
