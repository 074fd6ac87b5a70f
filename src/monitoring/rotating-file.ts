import { appendFileSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * A log file that is put aside when it is full: `name.1` is the newest of those before, the oldest is deleted. Lines that
 * cannot be written are dropped: a full disk must not stop the system that reports it.
 */
export class RotatingFile {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #kept: number;
  #bytes: number;

  constructor(path: string, { maxBytes = 10_000_000, kept = 5 } = {}) {
    this.#path = path;
    this.#maxBytes = maxBytes;
    this.#kept = kept;
    mkdirSync(dirname(path), { recursive: true });
    this.#bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  }

  write(line: string): void {
    try {
      const size = Buffer.byteLength(line);
      if (this.#bytes > 0 && this.#bytes + size > this.#maxBytes) this.#rotate();
      appendFileSync(this.#path, line, { mode: 0o640 });
      this.#bytes += size;
    } catch {
      this.#bytes = statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0;
    }
  }

  #rotate(): void {
    rmSync(`${this.#path}.${this.#kept}`, { force: true });
    for (let i = this.#kept - 1; i >= 1; i--) {
      if (statSync(`${this.#path}.${i}`, { throwIfNoEntry: false })) renameSync(`${this.#path}.${i}`, `${this.#path}.${i + 1}`);
    }
    renameSync(this.#path, `${this.#path}.1`);
    this.#bytes = 0;
  }
}
