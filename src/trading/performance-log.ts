import { z } from 'zod';
import type { AppendFile } from './append-file.ts';
import { openNdjson, readNdjson } from './ndjson-store.ts';
import { timeMs } from './order.ts';

export const equityPointSchema = z
  .object({
    timeMs,
    decisionId: z.string(),
    equityUsd: z.number(),
    cashUsd: z.number(),
    positionEth: z.number(),
    priceUsd: z.number(),
    exposure: z.number(),
    /** Capital given less capital taken until then. */
    transfersUsd: z.number(),
  })
  .readonly();

/** Equity at the end of one cycle. Numbers: they are for statistics and charts. */
export type EquityPoint = z.infer<typeof equityPointSchema>;

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

  /** @throws DataError `ndjson.line_invalid` */
  static async open(path: string): Promise<FilePerformanceLog> {
    const { values, file } = await openNdjson(path, parse);
    return new FilePerformanceLog(values, file);
  }

  async record(point: EquityPoint): Promise<void> {
    if (this.#known.has(point.decisionId)) return;
    this.#known.add(point.decisionId);
    await this.#file.append(`${JSON.stringify(point)}\n`);
    this.points.push(point);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

/** The points in a file, without opening it for writing. @throws DataError `ndjson.line_invalid` */
export const readPerformanceLog = (path: string): Promise<EquityPoint[]> => readNdjson(path, parse);
