import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { InvariantError } from '../domain/index.ts';
import { type CrashHook, noCrash } from './crash-point.ts';
import { syncFolder } from './durable-file.ts';

/** What is in a file, and so the name of the boundaries at which its writer may die. */
export type AppendFileKind = 'journal' | 'decision' | 'performance';

/**
 * A file that only grows, and whose growth is durable when `append` resolves. Appends are carried out one after the
 * other. A failed append is taken back; where that fails too, nothing can be appended any more.
 */
export class AppendFile {
  readonly path: string;
  readonly #handle: FileHandle;
  readonly #crash: CrashHook;
  readonly #kind: AppendFileKind;
  #size: number;
  #broken = false;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(path: string, handle: FileHandle, size: number, crash: CrashHook, kind: AppendFileKind) {
    this.#kind = kind;
    this.path = path;
    this.#handle = handle;
    this.#size = size;
    this.#crash = crash;
  }

  /** Opens or makes the file; bytes after `keepBytes` are cut off. */
  static async open(
    path: string,
    keepBytes = Number.POSITIVE_INFINITY,
    crash: CrashHook = noCrash,
    kind: AppendFileKind = 'journal',
  ): Promise<AppendFile> {
    await mkdir(dirname(path), { recursive: true });
    const handle = await open(path, 'a');
    try {
      const { size } = await handle.stat();
      if (size > keepBytes) {
        await handle.truncate(keepBytes);
        await handle.sync();
      }
      if (size === 0) await syncFolder(dirname(path));
      return new AppendFile(path, handle, Math.min(size, keepBytes), crash, kind);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  get size(): number {
    return this.#size;
  }

  /** @throws InvariantError `journal.write_failed`, `journal.other_writer` */
  append(text: string): Promise<void> {
    const next = this.#turn.then(() => this.#append(text));
    this.#turn = next.catch(() => undefined);
    return next;
  }

  async close(): Promise<void> {
    await this.#turn;
    await this.#handle.close();
  }

  async #append(text: string): Promise<void> {
    if (this.#broken) throw this.#failed(undefined);
    const { size } = await this.#handle.stat();
    if (size !== this.#size) {
      throw new InvariantError('journal.other_writer', `${this.path} was changed by another process`, {
        details: { path: this.path, expectedBytes: this.#size, foundBytes: size },
        hint: 'Only one process may trade in a data directory. Stop the other one, then start again.',
      });
    }
    const bytes = Buffer.from(text);
    await this.#crash(`${this.#kind}.before_write`);
    try {
      await this.#handle.appendFile(bytes);
      await this.#crash(`${this.#kind}.after_write`);
      await this.#handle.datasync();
    } catch (cause) {
      await this.#takeBack();
      throw this.#failed(cause);
    }
    this.#size += bytes.length;
    await this.#crash(`${this.#kind}.after_fsync`);
  }

  async #takeBack(): Promise<void> {
    try {
      await this.#handle.truncate(this.#size);
      await this.#handle.sync();
    } catch {
      this.#broken = true;
    }
  }

  #failed(cause: unknown): InvariantError {
    return new InvariantError('journal.write_failed', `cannot write to ${this.path}`, {
      details: { path: this.path },
      hint: 'Is the disk full, or the directory read-only? Nothing was sent for what could not be written.',
      cause,
    });
  }
}
