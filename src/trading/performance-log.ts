import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { AppendFile } from './append-file.ts';
import { type CrashHook, noCrash } from './crash-point.ts';
import { writeFileAtomically } from './durable-file.ts';
import { compareEquity, type EquityPoint, equityPointSchema } from './equity-point.ts';
import { openNdjson, readNdjson } from './ndjson-store.ts';

export type { EquityPoint } from './equity-point.ts';

/** Equity by cycle, ascending in time; a decision has one point, its first. */
export interface PerformanceLog {
  readonly points: readonly EquityPoint[];
  record(point: EquityPoint): Promise<void>;
  close(): Promise<void>;
}

export class MemoryPerformanceLog implements PerformanceLog {
  readonly points: EquityPoint[] = [];

  async record(point: EquityPoint): Promise<void> {
    if (this.points.at(-1)?.decisionId !== point.decisionId) this.points.push(point);
  }

  async close(): Promise<void> {}
}

const parse = (value: unknown): EquityPoint => equityPointSchema.parse(value);

/** Equity points in an append-only NDJSON file. */
export class FilePerformanceLog implements PerformanceLog {
  readonly points: EquityPoint[];
  readonly #known: Set<string>;
  readonly #file: AppendFile;

  private constructor(points: EquityPoint[], file: AppendFile) {
    this.points = points;
    this.#known = new Set(points.map((point) => point.decisionId));
    this.#file = file;
  }

  /**
   * Opens the file. Points of the journal that it lacks are put back in their place, so that losing the file loses nothing.
   * @param journalled the points in the journal, ascending in time
   * @throws DataError `ndjson.line_invalid`
   */
  static async open(
    path: string,
    journalled: readonly EquityPoint[] = [],
    crash: CrashHook = noCrash,
  ): Promise<FilePerformanceLog> {
    const found = await readPerformanceLog(path);
    const { missing } = compareEquity(journalled, found);
    if (missing.length > 0) {
      const all = [...found, ...missing].sort((a, b) => a.timeMs - b.timeMs);
      await mkdir(dirname(path), { recursive: true });
      await writeFileAtomically(path, all.map((point) => `${JSON.stringify(point)}\n`).join(''));
    }
    const { values, file } = await openNdjson(path, parse, 'performance', crash);
    return new FilePerformanceLog(values, file);
  }

  async record(point: EquityPoint): Promise<void> {
    if (this.#known.has(point.decisionId)) return;
    await this.#file.append(`${JSON.stringify(point)}\n`);
    this.#known.add(point.decisionId);
    this.points.push(point);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

/** The points in a file, without opening it for writing. @throws DataError `ndjson.line_invalid` */
export const readPerformanceLog = (path: string): Promise<EquityPoint[]> => readNdjson(path, parse);
