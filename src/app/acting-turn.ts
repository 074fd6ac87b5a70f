interface Waiting {
  readonly isUrgent: boolean;
  readonly begin: () => void;
}

/**
 * Whoever acts on the account in several steps (a decision, a look at the exchange, a sale of everything) holds the turn
 * meanwhile, so that no step of another comes between. Something urgent goes first, and what the holder only waits for is
 * broken off: the holder sees that by `broken` and comes to its end.
 */
export class ActingTurn {
  readonly #waiting: Waiting[] = [];
  #holder: { readonly isUrgent: boolean; readonly stop: AbortController } | undefined;

  /** Whether nobody acts or waits to. */
  get isFree(): boolean {
    return this.#holder === undefined && this.#waiting.length === 0;
  }

  /** Of whoever acts now: aborted when something urgent waits. What is urgent itself is never broken off. */
  get broken(): AbortSignal | undefined {
    return this.#holder?.stop.signal;
  }

  /** Does `work` when its turn comes. */
  take<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#queue(work, false);
  }

  /** Does `work` before everything that is not urgent. */
  takeUrgently<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#queue(work, true);
  }

  #queue<Result>(work: () => Promise<Result>, isUrgent: boolean): Promise<Result> {
    return new Promise((resolve, reject) => {
      const begin = () => {
        this.#holder = { isUrgent, stop: new AbortController() };
        work()
          .finally(() => {
            this.#holder = undefined;
            this.#next();
          })
          .then(resolve, reject);
      };
      this.#waiting.push({ isUrgent, begin });
      if (isUrgent && this.#holder?.isUrgent === false) this.#holder.stop.abort();
      this.#next();
    });
  }

  #next(): void {
    if (this.#holder !== undefined) return;
    const urgent = this.#waiting.findIndex((one) => one.isUrgent);
    const [next] = this.#waiting.splice(Math.max(0, urgent), 1);
    next?.begin();
  }
}
