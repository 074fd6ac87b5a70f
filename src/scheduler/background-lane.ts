import { InvariantError, SourceError, type Timer } from '../domain/index.ts';

/** How long work may take to heed the signal that ends it, in process time. */
const GRACE_MS = 3_000;

interface Piece {
  readonly name: string;
  readonly abort: AbortController;
  /** When the lane is free again. */
  readonly done: Promise<void>;
}

/**
 * Work beside the schedule: one piece at a time, each with a deadline in process time. Nobody waits for it unasked. Work that
 * does not heed its end loses the lane all the same, and keeps its name until it is really over: it never runs twice at once.
 */
export class BackgroundLane {
  readonly #timer: Timer;
  readonly #stuck = new Set<string>();
  #current: Piece | undefined;

  constructor(timer: Timer) {
    this.#timer = timer;
  }

  /** What runs now. */
  get running(): string | undefined {
    return this.#current?.name;
  }

  /** Whether work of this name has lost the lane and is not over yet. */
  isStuck(name: string): boolean {
    return this.#stuck.has(name);
  }

  /**
   * Starts `work` with a signal that is aborted at the deadline and when the lane is closed; `ended` is told once what
   * became of it, with the signal's reason where it was ended, however the work itself takes that.
   * @throws InvariantError `schedule.lane_busy`
   */
  start(
    name: string,
    deadlineMs: number,
    work: (signal: AbortSignal) => Promise<void>,
    ended: (error: unknown) => Promise<void>,
  ): void {
    const busy = this.#current?.name ?? (this.#stuck.has(name) ? name : undefined);
    if (busy !== undefined) throw new InvariantError('schedule.lane_busy', `${name} cannot start while ${busy} runs`);
    const abort = new AbortController();
    const over = new AbortController();
    const deadline = this.#timer.sleep(deadlineMs, over.signal).then(
      () => abort.abort(new SourceError('schedule.deadline', `${name} was not done within ${Math.round(deadlineMs / 1000)} s`)),
      () => undefined,
    );
    const worked = work(abort.signal).then(
      () => (abort.signal.aborted ? (abort.signal.reason as unknown) : undefined),
      (error: unknown) => (abort.signal.aborted ? abort.signal.reason : error) as unknown,
    );
    const done = Promise.race([worked, this.#unheeded(name, abort.signal, worked, over.signal)]).then(async (error) => {
      over.abort();
      await deadline;
      // Not free before what became of it is written down: else the same run would be due again.
      await ended(error).finally(() => {
        this.#current = undefined;
      });
    });
    this.#current = { name, abort, done };
  }

  /** Resolves when nothing runs. */
  async idle(): Promise<void> {
    while (this.#current) await this.#current.done;
  }

  /** Aborts what runs, and waits for its end, or for as long as it may take to heed that. */
  async close(reason: unknown): Promise<void> {
    this.#current?.abort.abort(reason);
    await this.idle();
  }

  /** The signal's reason, where the work goes on in spite of it. */
  async #unheeded(name: string, signal: AbortSignal, worked: Promise<unknown>, over: AbortSignal): Promise<unknown> {
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    const isOver = await this.#timer.sleep(GRACE_MS, over).then(
      () => false,
      () => true,
    );
    if (isOver) return worked;
    this.#stuck.add(name);
    void worked.then(() => this.#stuck.delete(name));
    return signal.reason;
  }
}
