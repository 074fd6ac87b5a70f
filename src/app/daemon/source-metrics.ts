import type { Clock, TimeMs } from '../../domain/index.ts';
import type { SourceRunNote } from '../../extraction/index.ts';
import type { Metrics } from '../../monitoring/index.ts';

/** What each source did since the start: how often, for how long, and when it last gave everything that it was asked for. */
export class SourceMetrics {
  readonly #metrics: Pick<Metrics, 'count' | 'expect' | 'observe'>;
  readonly #clock: Clock;
  readonly #lastSuccessMs = new Map<string, TimeMs>();

  constructor(metrics: Pick<Metrics, 'count' | 'expect' | 'observe'>, clock: Clock) {
    this.#metrics = metrics;
    this.#clock = clock;
  }

  /** World time by source; a source that has not succeeded since the start is not there. */
  get lastSuccessMs(): ReadonlyMap<string, TimeMs> {
    return this.#lastSuccessMs;
  }

  tell({ source, isFailed, durationMs }: SourceRunNote): void {
    for (const outcome of ['done', 'failed']) this.#metrics.expect('ets_source_runs_total', { source, outcome });
    this.#metrics.count('ets_source_runs_total', { source, outcome: isFailed ? 'failed' : 'done' });
    this.#metrics.observe('ets_source_duration_seconds', durationMs / 1000, { source });
    if (!isFailed) this.#lastSuccessMs.set(source, this.#clock.nowMs());
  }
}
