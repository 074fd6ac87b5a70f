import type { Timer } from '../../domain/index.ts';

/** Process time that passes only where somebody sleeps, at once, or where it is moved on. */
export class ManualTimer implements Timer {
  readonly slept: number[] = [];
  #elapsedMs = 0;

  elapsedMs(): number {
    return this.#elapsedMs;
  }

  moveBy(ms: number): void {
    this.#elapsedMs += ms;
  }

  async sleep(ms: number): Promise<void> {
    this.slept.push(ms);
    this.#elapsedMs += ms;
  }
}
