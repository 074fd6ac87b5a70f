import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { DataError } from '../../domain/index.ts';

const predictionSchema = z
  .object({
    decisionTimeMs: z.int(),
    modelId: z.string(),
    probabilities: z.tuple([z.number(), z.number(), z.number()]).readonly(),
    /** Class shares of the model's training window. */
    baseline: z.tuple([z.number(), z.number(), z.number()]).readonly(),
    /** Classes that could not be ruled out, as they were given with it; absent where none were. */
    predictionSet: z.array(z.int().min(0).max(2)).readonly().optional(),
    recordedMs: z.int(),
  })
  .readonly();

/** What the serving model said of one decision, written down before the outcome was known. */
export type LoggedPrediction = z.infer<typeof predictionSchema>;

export interface PredictionLogOptions {
  /** Whether each prediction is on disk before `record` returns; without it a power cut may cost the last ones. */
  readonly fsync?: boolean;
}

/**
 * Append-only file of predictions, one JSON document a line; the first one recorded for a decision counts, later ones
 * change nothing. It survives restarts, and gates compare with it.
 */
export class PredictionLog {
  readonly #path: string;
  readonly #fsync: boolean;
  readonly #byTime = new Map<number, LoggedPrediction>();
  /** Where a torn last line begins, and the size of the file with it. */
  #torn: { readonly at: number; readonly size: number } | undefined;

  private constructor(path: string, fsync: boolean) {
    this.#path = path;
    this.#fsync = fsync;
  }

  /** A torn last line, left by a crash, is passed over, and cut off by the next record. @throws DataError `predictions.damaged` */
  static async open(path: string, { fsync = false }: PredictionLogOptions = {}): Promise<PredictionLog> {
    const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return Buffer.alloc(0);
      throw error;
    });
    const log = new PredictionLog(path, fsync);
    const whole = bytes.lastIndexOf(NEW_LINE) + 1;
    if (whole < bytes.length) log.#torn = { at: whole, size: bytes.length };
    for (const [i, line] of bytes.toString('utf8', 0, whole).split('\n').entries()) {
      if (line === '') continue;
      const parsed = predictionSchema.safeParse(parseJson(line));
      if (!parsed.success)
        throw new DataError('predictions.damaged', `${path}: line ${i + 1} is not a prediction`, {
          hint: 'Remove the line; the gate then has a day less to compare.',
        });
      keepFirst(log.#byTime, parsed.data);
    }
    return log;
  }

  /** Ascending in time. */
  get predictions(): LoggedPrediction[] {
    return ascending(this.#byTime);
  }

  async record(prediction: LoggedPrediction): Promise<void> {
    if (this.#byTime.has(prediction.decisionTimeMs)) return;
    await mkdir(dirname(this.#path), { recursive: true });
    const file = await open(this.#path, 'a');
    try {
      if (this.#torn && (await file.stat()).size === this.#torn.size) await file.truncate(this.#torn.at);
      this.#torn = undefined;
      await file.appendFile(`${JSON.stringify(prediction)}\n`);
      if (this.#fsync) await file.sync();
    } finally {
      await file.close();
    }
    keepFirst(this.#byTime, prediction);
  }
}

const NEW_LINE = 10;

const ascending = (byTime: ReadonlyMap<number, LoggedPrediction>): LoggedPrediction[] =>
  [...byTime.values()].sort((a, b) => a.decisionTimeMs - b.decisionTimeMs);

function keepFirst(byTime: Map<number, LoggedPrediction>, prediction: LoggedPrediction): void {
  if (!byTime.has(prediction.decisionTimeMs)) byTime.set(prediction.decisionTimeMs, prediction);
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
