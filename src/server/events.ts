import type { TimeMs } from '../domain/index.ts';

/** Something that happened, as subscribers of the stream see it. Ids grow by one, and over restarts by more. */
export interface ServiceEvent {
  readonly id: number;
  readonly type: 'decision' | 'order' | 'training' | 'halt' | 'alert' | 'reorg' | 'ready';
  readonly timeMs: TimeMs;
  readonly data: unknown;
}

const KEPT = 1_000;

/** The latest events, so that a subscriber that was away can go on where it was, and whoever listens now. */
export class EventLog {
  readonly #listeners = new Set<(event: ServiceEvent) => void>();
  #events: ServiceEvent[] = [];
  #lastId: number;

  /** @param lastId ids begin after it; above those of earlier runs, an id of one of them cannot be taken for one of this */
  constructor(lastId = 0) {
    this.#lastId = lastId;
  }

  add(type: ServiceEvent['type'], timeMs: TimeMs, data: unknown): void {
    const event = { id: ++this.#lastId, type, timeMs, data };
    this.#events = [...this.#events, event].slice(-KEPT);
    for (const listener of this.#listeners) listener(event);
  }

  get lastId(): number {
    return this.#lastId;
  }

  /** The latest events that are still known, oldest first. */
  get latest(): readonly ServiceEvent[] {
    return this.#events;
  }

  /** Events after `id`; not complete where some are not known any more, or `id` is of another run of the daemon. */
  after(id: number): { readonly missed: readonly ServiceEvent[]; readonly isComplete: boolean } {
    if (id > this.#lastId) return { missed: this.#events, isComplete: false };
    const missed = this.#events.filter((event) => event.id > id);
    return { missed, isComplete: missed.length === this.#lastId - id };
  }

  /** @returns the function that ends it */
  subscribe(listener: (event: ServiceEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
