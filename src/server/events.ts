import type { TimeMs } from '../domain/index.ts';

/** Something that happened, as subscribers of the stream see it. Ids grow by one. */
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
  #lastId = 0;

  add(type: ServiceEvent['type'], timeMs: TimeMs, data: unknown): void {
    const event = { id: ++this.#lastId, type, timeMs, data };
    this.#events = [...this.#events, event].slice(-KEPT);
    for (const listener of this.#listeners) listener(event);
  }

  /** Events after `id` that are still known. */
  after(id: number): readonly ServiceEvent[] {
    return this.#events.filter((event) => event.id > id);
  }

  /** @returns the function that ends it */
  subscribe(listener: (event: ServiceEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
