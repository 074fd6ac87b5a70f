export interface QueueOptions<T> {
  /** Most items that wait in line. When one more comes the oldest is dropped, and counted. */
  readonly capacity: number;
  /**
   * Items with a key do not stand in line: of each key the newest alone is kept, and delivered when nothing is in line.
   * There are as many as there are keys.
   */
  readonly conflateBy?: (item: T) => string | undefined;
}

/**
 * Between a source that does not wait and one consumer that may be slow: never longer than its capacity. What was pushed
 * before the end is still delivered; then the iteration ends, or fails with the error that ended the queue.
 */
export class BoundedQueue<T> implements AsyncIterable<T> {
  readonly #options: QueueOptions<T>;
  /** A ring: item number `n` is at `n % capacity`. */
  readonly #ring: (T | undefined)[];
  readonly #newest = new Map<string, T>();
  #first = 0;
  #next = 0;
  #dropped = 0;
  #conflated = 0;
  #end: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;

  constructor(options: QueueOptions<T>) {
    this.#options = options;
    this.#ring = new Array(options.capacity);
  }

  get size(): number {
    return this.#next - this.#first + this.#newest.size;
  }

  /** Items that were pushed out because the consumer was too slow. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Items that a newer one of their key replaced. */
  get conflated(): number {
    return this.#conflated;
  }

  push(item: T): void {
    if (this.#end) return;
    const { capacity, conflateBy } = this.#options;
    const key = conflateBy?.(item);
    if (key !== undefined) {
      if (this.#newest.has(key)) this.#conflated += 1;
      this.#newest.set(key, item);
    } else {
      if (this.#next - this.#first === capacity) {
        this.#shift();
        this.#dropped += 1;
      }
      this.#ring[this.#next % capacity] = item;
      this.#next += 1;
    }
    this.#wake?.();
  }

  /** Nothing more comes. @param error what the iteration fails with, after the items that wait */
  end(error?: unknown): void {
    this.#end ??= { error };
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      while (this.size > 0) yield this.#take();
      if (this.#end?.error !== undefined) throw this.#end.error;
      if (this.#end) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }

  #take(): T {
    if (this.#next > this.#first) return this.#shift();
    const [key, item] = this.#newest.entries().next().value as [string, T];
    this.#newest.delete(key);
    return item;
  }

  #shift(): T {
    const place = this.#first % this.#options.capacity;
    const item = this.#ring[place] as T;
    this.#ring[place] = undefined;
    this.#first += 1;
    return item;
  }
}
