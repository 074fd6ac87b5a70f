import type { Timer } from '../../domain/index.ts';

/** How long each part of a piece of work took, in process time. */
export class PhaseTimes {
  readonly #timer: Pick<Timer, 'elapsedMs'>;
  readonly #ms: Record<string, number> = {};
  #sinceMs: number;

  constructor(timer: Pick<Timer, 'elapsedMs'>) {
    this.#timer = timer;
    this.#sinceMs = timer.elapsedMs();
  }

  /** Ends the part that is under way; the next one begins. */
  end(phase: string): void {
    const nowMs = this.#timer.elapsedMs();
    this.#ms[phase] = Math.round(nowMs - this.#sinceMs);
    this.#sinceMs = nowMs;
  }

  /** Whole milliseconds by part, in the order of their ends. */
  get ms(): Readonly<Record<string, number>> {
    return this.#ms;
  }
}
