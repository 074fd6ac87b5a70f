import { InvariantError, SourceError, type Timer } from '../domain/index.ts';

/** Work beside the schedule: one piece at a time, each with a deadline in process time. Nobody waits for it unasked. */
export class BackgroundLane {
  readonly #timer: Timer;
  #current: { readonly name: string; readonly abort: AbortController; readonly done: Promise<void> } | undefined;

  constructor(timer: Timer) {
    this.#timer = timer;
  }

  /** What runs now. */
  get running(): string | undefined {
    return this.#current?.name;
  }

  /**
   * Starts `work` with a signal that is aborted at the deadline and when the lane is closed; `ended` is told once what
   * became of it. Work that does not heed the signal keeps the lane until it ends.
   * @throws InvariantError `schedule.lane_busy`
   */
  start(
    name: string,
    deadlineMs: number,
    work: (signal: AbortSignal) => Promise<void>,
    ended: (error: unknown) => Promise<void>,
  ): void {
    if (this.#current) throw new InvariantError('schedule.lane_busy', `${name} cannot start while ${this.#current.name} runs`);
    const abort = new AbortController();
    const over = new AbortController();
    const deadline = this.#timer.sleep(deadlineMs, over.signal).then(
      () => abort.abort(new SourceError('schedule.deadline', `${name} was not done within ${Math.round(deadlineMs / 1000)} s`)),
      () => undefined,
    );
    const done = work(abort.signal)
      .then(
        () => undefined,
        (error: unknown) => (abort.signal.aborted ? abort.signal.reason : error) as unknown,
      )
      .then(async (error) => {
        over.abort();
        await deadline;
        this.#current = undefined;
        await ended(error);
      });
    this.#current = { name, abort, done };
  }

  /** Resolves when nothing runs. */
  async idle(): Promise<void> {
    while (this.#current) await this.#current.done;
  }

  /** Aborts what runs, and waits for its end. */
  async close(reason: unknown): Promise<void> {
    this.#current?.abort.abort(reason);
    await this.idle();
  }
}
