import { AppError, type RowBatch, type Timer } from '../../domain/index.ts';
import type { StreamStatus } from './stream-status.ts';

/** All that streams need of the storage. */
export interface StreamStore {
  append(batches: readonly RowBatch[]): Promise<unknown>;
}

export interface MicroBatchOptions<Row> {
  readonly store: StreamStore;
  readonly timer: Timer;
  readonly status: StreamStatus;
  readonly toBatch: (rows: readonly Row[]) => RowBatch;
  /** Process time after which the first row that waits is stored. */
  readonly flushMs: number;
}

/** Rows that make a batch of themselves. */
const FULL_ROWS = 500;
const RETRY_MS = 5_000;

/**
 * Collects rows and stores them together: one small file for many rows. Where the storage fails the rows are kept and
 * tried again; whoever adds to a full batch waits for that, so it never grows beyond what one call adds.
 */
export class MicroBatch<Row> {
  readonly #options: MicroBatchOptions<Row>;
  readonly #signal: AbortSignal;
  #rows: Row[] = [];
  #isDue = false;
  #storing: Promise<boolean> = Promise.resolve(true);

  /** @param signal ends waiting; what waits then is stored by `flush` alone */
  constructor(options: MicroBatchOptions<Row>, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
  }

  async add(rows: readonly Row[]): Promise<void> {
    if (rows.length === 0) return;
    for (const row of rows) this.#rows.push(row);
    this.#storeIn(this.#options.flushMs);
    while (this.#rows.length >= FULL_ROWS && !(await this.flush())) {
      await this.#options.timer.sleep(RETRY_MS, this.#signal).catch(() => undefined);
      if (this.#signal.aborted) return;
    }
  }

  #storeIn(ms: number): void {
    if (this.#isDue) return;
    this.#isDue = true;
    this.#options.timer.sleep(ms, this.#signal).then(
      async () => {
        this.#isDue = false;
        const isStored = await this.flush();
        if (this.#rows.length > 0) this.#storeIn(isStored ? this.#options.flushMs : RETRY_MS);
      },
      () => undefined,
    );
  }

  /** Stores what waits. @returns whether it is stored; if not, it waits on, and the status says why */
  flush(): Promise<boolean> {
    this.#storing = this.#storing.then(() => this.#store());
    return this.#storing;
  }

  async #store(): Promise<boolean> {
    const { store, status, toBatch } = this.#options;
    const rows = this.#rows.slice();
    if (rows.length === 0) return true;
    try {
      await store.append([toBatch(rows)]);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      status.problem = error.message;
      return false;
    }
    this.#rows = this.#rows.slice(rows.length);
    status.stored += rows.length;
    return true;
  }
}
