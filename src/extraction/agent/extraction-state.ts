import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { DataError } from '../../domain/index.ts';
import { writeFileAtomic } from '../../storage/index.ts';
import type { BlockRun, TimeRange } from '../source-extractor.ts';
import { addBlockRun, blockRunSchema } from './block-manifest.ts';
import { addRange, removeRange, type TimeRanges } from './time-ranges.ts';

/** Name of the file in the folder of raw data. */
export const EXTRACTION_STATE_FILE = 'extraction-state.json';

const time = z.int();
const range = z.object({ startMs: time, endMs: time }).refine(({ startMs, endMs }) => startMs < endMs);
const stateSchema = z.object({
  version: z.literal(1),
  complete: z.record(z.string(), z.array(range)),
  blocks: z.record(z.string(), z.array(blockRunSchema)).default({}),
});

/**
 * Which ranges of which source are complete, and the manifest of the blocks they were made of, in one small JSON file. It is written after the rows are stored, so a
 * crash in between costs a second reading and never a gap.
 */
export class ExtractionState {
  readonly #file: string;
  readonly #complete: Map<string, TimeRanges>;
  readonly #blocks: Map<string, readonly BlockRun[]>;
  #writing: Promise<void> = Promise.resolve();

  private constructor(file: string, complete: Map<string, TimeRanges>, blocks: Map<string, readonly BlockRun[]>) {
    this.#file = file;
    this.#blocks = blocks;
    this.#complete = complete;
  }

  /** @throws DataError `extraction_state.unreadable` */
  static async open(file: string): Promise<ExtractionState> {
    let text: string;
    try {
      text = await readFile(file, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
        return new ExtractionState(file, new Map(), new Map());
      throw error;
    }
    const hint = 'Delete the file: what is stored stays, and everything is asked for once more.';
    try {
      const { complete, blocks } = stateSchema.parse(JSON.parse(text));
      return new ExtractionState(file, new Map(Object.entries(complete)), new Map(Object.entries(blocks)));
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
    this.#blocks.delete(source);
  }

  /** Which blocks of a source were read, as runs that are proven by their hashes. */
  blockRuns(source: string): readonly BlockRun[] {
    return this.#blocks.get(source) ?? [];
  }

  /** Adds blocks that were read; gives the ranges that are no longer complete because the chain was changed under them. */
  async markBlocks(source: string, added: BlockRun): Promise<readonly TimeRange[]> {
    const { runs, stale } = addBlockRun(this.blockRuns(source), added);
    this.#blocks.set(source, runs);
    if (stale.length > 0) this.#complete.set(source, stale.reduce<TimeRanges>(removeRange, this.completeRanges(source)));
    await this.#save();
    return stale;
  }

  /** Adds complete ranges and resolves when they are on disk. */
  async markComplete(source: string, added: readonly TimeRange[]): Promise<void> {
    if (added.length === 0) return;
    this.#complete.set(source, added.reduce<TimeRanges>(addRange, this.completeRanges(source)));
    await this.#save();
  }

  async #save(): Promise<void> {
    const write = this.#writing.then(() => this.#write());
    this.#writing = write.catch(() => undefined);
    await write;
  }

  async #write(): Promise<void> {
    const [complete, blocks] = [this.#complete, this.#blocks].map((map) => Object.fromEntries([...map].sort()));
    await writeFileAtomic(this.#file, JSON.stringify({ version: 1, complete, blocks }));
  }
}
