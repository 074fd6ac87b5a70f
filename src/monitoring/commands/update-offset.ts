import { readFile } from 'node:fs/promises';
import { writeFileAtomic } from '../../storage/index.ts';

/** Number of the next message to read, on disk. Without a readable file reading begins with what Telegram still holds. */
export class UpdateOffset {
  readonly #path: string;
  #next: number;

  private constructor(path: string, next: number) {
    this.#path = path;
    this.#next = next;
  }

  static async open(path: string): Promise<UpdateOffset> {
    const text = await readFile(path, 'utf8').catch(() => '');
    return new UpdateOffset(path, /^\d{1,15}\s*$/.test(text) ? Number(text) : 0);
  }

  get next(): number {
    return this.#next;
  }

  async save(next: number): Promise<void> {
    if (next <= this.#next) return;
    await writeFileAtomic(this.#path, `${next}\n`);
    this.#next = next;
  }
}
