import type { AppendFile } from './append-file.ts';
import { type CrashHook, noCrash } from './crash-point.ts';
import { type DecisionRecord, decisionRecordSchema } from './decision-record.ts';
import { openNdjson, readNdjson } from './ndjson-store.ts';

/** Where decision records are kept. The first record of a decision is the only one: later ones are not written. */
export interface DecisionLog {
  get(decisionId: string): DecisionRecord | undefined;
  /** Writes a record durably and returns it, or returns the one that was there before. */
  put(record: DecisionRecord): Promise<DecisionRecord>;
  /** Ascending in the order of writing. */
  all(): readonly DecisionRecord[];
  close(): Promise<void>;
}

/** Decisions of a simulation that nobody resumes. */
export class MemoryDecisionLog implements DecisionLog {
  readonly #records = new Map<string, DecisionRecord>();

  get(decisionId: string): DecisionRecord | undefined {
    return this.#records.get(decisionId);
  }

  async put(record: DecisionRecord): Promise<DecisionRecord> {
    const first = this.#records.get(record.decisionId);
    if (first === undefined) this.#records.set(record.decisionId, record);
    return first ?? record;
  }

  all(): readonly DecisionRecord[] {
    return [...this.#records.values()];
  }

  async close(): Promise<void> {}
}

const parse = (value: unknown): DecisionRecord => decisionRecordSchema.parse(value);

/** Decisions in an append-only NDJSON file; `put` resolves when the record is on disk. */
export class FileDecisionLog implements DecisionLog {
  readonly #records: Map<string, DecisionRecord>;
  readonly #file: AppendFile;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(records: readonly DecisionRecord[], file: AppendFile) {
    this.#records = new Map(records.map((record) => [record.decisionId, record]));
    this.#file = file;
  }

  /** @throws DataError `ndjson.line_invalid` */
  static async open(path: string, crash: CrashHook = noCrash): Promise<FileDecisionLog> {
    const { values, file } = await openNdjson(path, parse, 'decision', crash);
    return new FileDecisionLog(values, file);
  }

  get(decisionId: string): DecisionRecord | undefined {
    return this.#records.get(decisionId);
  }

  put(record: DecisionRecord): Promise<DecisionRecord> {
    const next = this.#turn.then(async () => {
      const first = this.#records.get(record.decisionId);
      if (first !== undefined) return first;
      await this.#file.append(`${JSON.stringify(record)}\n`);
      this.#records.set(record.decisionId, record);
      return record;
    });
    this.#turn = next.catch(() => undefined);
    return next;
  }

  all(): readonly DecisionRecord[] {
    return [...this.#records.values()];
  }

  async close(): Promise<void> {
    await this.#turn;
    await this.#file.close();
  }
}

/** The decisions in a file, without opening it for writing. @throws DataError `ndjson.line_invalid` */
export const readDecisionLog = (path: string): Promise<DecisionRecord[]> => readNdjson(path, parse);
