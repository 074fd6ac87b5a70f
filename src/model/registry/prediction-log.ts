import { appendFile, mkdir, readFile, truncate } from 'node:fs/promises';
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
    recordedMs: z.int(),
  })
  .readonly();

/** What the serving model said of one decision, written down before the outcome was known. */
export type LoggedPrediction = z.infer<typeof predictionSchema>;

/** Append-only log of predictions; the first of a decision counts. It survives restarts, and gates compare with it. */
export class PredictionLog {
  readonly #path: string;
  readonly #byTime: Map<number, LoggedPrediction>;

  private constructor(path: string, predictions: readonly LoggedPrediction[]) {
    this.#path = path;
    this.#byTime = new Map(predictions.map((one) => [one.decisionTimeMs, one]));
  }

  /** A torn last line, left by a crash, is passed over. @throws DataError `predictions.damaged` */
  static async open(path: string): Promise<PredictionLog> {
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
    const lines = text.split('\n');
    const predictions = lines
      .slice(0, -1)
      .filter((line) => line !== '')
      .flatMap((line, i): LoggedPrediction[] => {
        const parsed = predictionSchema.safeParse(parseJson(line));
        if (parsed.success) return [parsed.data];
        throw new DataError('predictions.damaged', `${path}: line ${i + 1} is not a prediction`, {
          hint: 'Remove the line; the gate then has a day less to compare.',
        });
      });
    if (lines.at(-1) !== '') await truncate(path, Buffer.byteLength(text) - Buffer.byteLength(lines.at(-1)!));
    return new PredictionLog(path, predictions);
  }

  /** Ascending in time. */
  get predictions(): LoggedPrediction[] {
    return [...this.#byTime.values()].sort((a, b) => a.decisionTimeMs - b.decisionTimeMs);
  }

  async record(prediction: LoggedPrediction): Promise<void> {
    if (this.#byTime.has(prediction.decisionTimeMs)) return;
    await mkdir(dirname(this.#path), { recursive: true });
    await appendFile(this.#path, `${JSON.stringify(prediction)}\n`);
    this.#byTime.set(prediction.decisionTimeMs, prediction);
  }
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
