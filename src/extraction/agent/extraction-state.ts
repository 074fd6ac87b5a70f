import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { DataError } from '../../domain/index.ts';
import { writeFileAtomic } from '../../storage/index.ts';
import type { TimeRange } from '../source-extractor.ts';
import { addRange, type TimeRanges } from './time-ranges.ts';

const time = z.int();
const range = z.object({ startMs: time, endMs: time }).refine(({ startMs, endMs }) => startMs < endMs);
const stateSchema = z.object({
  version: z.literal(1),
  complete: z.record(z.string(), z.array(range)),
});

/**
 * Which ranges of which source are complete, in one small JSON file. It is written after the rows are stored, so a
 * crash in between costs a second reading and never a gap.
 */
export class ExtractionState {
  readonly #file: string;
  readonly #complete: Map<string, TimeRanges>;
  #writing: Promise<void> = Promise.resolve();

  private constructor(file: string, complete: Map<string, TimeRanges>) {
    this.#file = file;
    this.#complete = complete;
  }

  /** @throws DataError `extraction_state.unreadable` */
  static async open(file: string): Promise<ExtractionState> {
    let text: string;
    try {
      text = await readFile(file, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return new ExtractionState(file, new Map());
      throw error;
    }
    const hint = 'Delete the file: what is stored stays, and everything is asked for once more.';
    try {
      const { complete } = stateSchema.parse(JSON.parse(text));
      return new ExtractionState(file, new Map(Object.entries(complete)));
    } catch (cause) {
      throw new DataError('extraction_state.unreadable', `${file} is no extraction state`, { hint, cause });
    }
  }

  completeRanges(source: string): TimeRanges {
    return this.#complete.get(source) ?? [];
  }

  /** Forgets a source whose rows are no longer there. */
  forget(source: string): void {
    this.#complete.delete(source);
  }

  /** Adds complete ranges and resolves when they are on disk. */
  async markComplete(source: string, added: readonly TimeRange[]): Promise<void> {
    if (added.length === 0) return;
    this.#complete.set(source, added.reduce<TimeRanges>(addRange, this.completeRanges(source)));
    const write = this.#writing.then(() => this.#write());
    this.#writing = write.catch(() => undefined);
    await write;
  }

  async #write(): Promise<void> {
    const complete = Object.fromEntries([...this.#complete].sort());
    await writeFileAtomic(this.#file, JSON.stringify({ version: 1, complete }));
  }
}
