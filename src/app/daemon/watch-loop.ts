import { SECOND_MS } from '../../domain/index.ts';
import type { AppParts } from '../app-parts.ts';
import type { ExchangeWatch } from './exchange-watch.ts';

/** Process time between two looks for what people ask for. */
const REQUEST_EVERY_MS = SECOND_MS;
/** Of which so many make one look at price and orders. */
const REQUESTS_A_LOOK = 5;

/**
 * The watch, in process time beside everything else: while a decision fetches or an order settles it goes on. In a world
 * that stands still prices change only when somebody moves it on, who looks himself then; here only requests are minded.
 */
export class WatchLoop {
  readonly #parts: Pick<AppParts, 'timer'>;
  readonly #watch: Pick<ExchangeWatch, 'lookForRequests' | 'lookAtPrice' | 'lookAtOrders'>;
  readonly #isStill: boolean;
  readonly #stop = new AbortController();
  #done: Promise<void> = Promise.resolve();
  /** A look at orders may wait for the exchange for minutes; prices are looked at meanwhile. */
  #ordersLook: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(
    parts: Pick<AppParts, 'timer'>,
    watch: Pick<ExchangeWatch, 'lookForRequests' | 'lookAtPrice' | 'lookAtOrders'>,
    isStill: boolean,
  ) {
    this.#parts = parts;
    this.#watch = watch;
    this.#isStill = isStill;
  }

  start(): void {
    this.#done = this.#run().catch((error: unknown) => this.#fail(error));
  }

  /** @throws what ended the loop that nobody expected */
  throwIfFailed(): void {
    if (this.#failure) throw this.#failure.error;
  }

  /** No look begins any more. */
  stop(): void {
    this.#stop.abort();
  }

  /** Returns when the last look is done. */
  async close(): Promise<void> {
    this.stop();
    await this.#done;
    await this.#ordersLook;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    for (let round = 1; !signal.aborted; round++) {
      await this.#watch.lookForRequests();
      if (!this.#isStill && round % REQUESTS_A_LOOK === 0) {
        await this.#watch.lookAtPrice();
        this.#ordersLook ??= this.#watch
          .lookAtOrders()
          .catch((error: unknown) => this.#fail(error))
          .finally(() => {
            this.#ordersLook = undefined;
          });
      }
      await this.#parts.timer.sleep(REQUEST_EVERY_MS, signal).catch(() => undefined);
    }
  }

  #fail(error: unknown): void {
    if (this.#stop.signal.aborted) return;
    this.#failure ??= { error };
    this.#stop.abort();
  }
}
