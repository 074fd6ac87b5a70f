import { SourceError } from '../../domain/index.ts';

const QUICK_MS = 400;
const SLOW_MS = 3_000;
const MOST_AT_ONCE = 6;

/**
 * How much a node is asked at once: larger batches and more of them while it answers quickly, smaller and fewer when it is
 * slow. A batch size that it refused is not tried again.
 */
export class BatchPace {
  #size: number;
  #largest: number;
  #atOnce = 3;

  constructor(first: number, largest: number) {
    this.#size = first;
    this.#largest = largest;
  }

  /** Calls in the next batch. */
  get size(): number {
    return this.#size;
  }

  /** Batches in flight. */
  get atOnce(): number {
    return this.#atOnce;
  }

  /** A batch was answered after `ms` of process time. */
  took(ms: number): void {
    if (ms < QUICK_MS) {
      this.#size = Math.min(this.#largest, this.#size * 2);
      this.#atOnce = Math.min(MOST_AT_ONCE, this.#atOnce + 1);
    } else if (ms > SLOW_MS) {
      this.#size = Math.max(1, this.#size >> 1);
      this.#atOnce = Math.max(1, this.#atOnce - 1);
    }
  }

  /** A batch of `size` calls was too much. */
  refused(size: number): void {
    this.#largest = Math.max(1, Math.min(this.#largest, size >> 1));
    this.#size = Math.min(this.#size, this.#largest);
  }
}

const TOO_MUCH = new Set(['rpc.refused', 'http.too_large', 'http.timeout']);
const TOO_LONG_STATUS = 413;

/** Whether the same calls in smaller batches may succeed. */
export const mayBeTooMuch = (error: unknown): boolean =>
  error instanceof SourceError &&
  (TOO_MUCH.has(error.code) || (error.code === 'http.refused' && error.details.status === TOO_LONG_STATUS));
