import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { parseJson } from '../persistence/ndjson-lines.ts';
import { type ModelManifest, trainingScoresSchema } from './manifest.ts';

const trainingVerdictSchema = z
  .object({
    modelId: z.string(),
    atMs: z.int(),
    /** Whether the version was there before; else its manifest says the same. */
    isRepeat: z.boolean(),
    ...trainingScoresSchema.shape,
  })
  .readonly();

/** What one training said of a version: its verdict with every number behind it. */
export type TrainingVerdict = z.infer<typeof trainingVerdictSchema>;

/** What is written down, in the order of writing, and which lines of the file (from 1) cannot be read. */
export interface KnownVerdicts {
  readonly verdicts: readonly TrainingVerdict[];
  readonly damagedLines: readonly number[];
}

const VERDICTS = 'verdicts.ndjson';

/**
 * The verdict of every training, beside the versions: a version is named by its bytes and never changes, while each
 * training that comes to the same bytes judges them anew. Lines are only ever added; one that is damaged costs itself alone.
 */
export class VerdictLog {
  readonly path: string;
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.path = join(folder, VERDICTS);
  }

  /** Nothing where nothing was written yet. */
  async read(): Promise<KnownVerdicts> {
    const text = await readFile(this.path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
      return '';
    });
    const verdicts: TrainingVerdict[] = [];
    const damagedLines: number[] = [];
    for (const [i, line] of text.split('\n').entries()) {
      if (line === '') continue;
      const parsed = trainingVerdictSchema.safeParse(parseJson(line));
      if (parsed.success) verdicts.push(parsed.data);
      else damagedLines.push(i + 1);
    }
    return { verdicts, damagedLines };
  }

  /** On disk when it returns. A line before it that a crash has torn is ended and left as it is. */
  async append(verdict: TrainingVerdict): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    const file = await open(this.path, 'a+');
    try {
      const { size } = await file.stat();
      const isTorn = size > 0 && (await file.read(Buffer.alloc(1), 0, 1, size - 1)).buffer[0] !== NEW_LINE;
      await file.appendFile(`${isTorn ? '\n' : ''}${JSON.stringify(verdict)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
  }
}

const NEW_LINE = 10;

/**
 * A manifest with what later trainings said of these bytes in place of what the first one did: verdict and skill of the
 * newest, scores of the newest that had days to score.
 * @param verdicts in the order of writing
 */
export function withNewestVerdict(manifest: ModelManifest, verdicts: readonly TrainingVerdict[]): ModelManifest {
  const own = verdicts.filter(({ modelId }) => modelId === manifest.modelId);
  const later = own.slice(own.findLastIndex(({ isRepeat }) => !isRepeat) + 1);
  const newest = later.at(-1);
  if (newest === undefined) return manifest;
  const scored = later.findLast(({ metrics }) => metrics.days > 0) ?? manifest;
  const { skill: _, reliability: __, conformal: ___, search: ____, ...lasting } = manifest;
  const { metrics, baseline, reliability, conformal, search } = scored;
  return {
    ...lasting,
    ...{ metrics, baseline, gate: newest.gate, featureCodeHash: newest.featureCodeHash },
    ...(newest.skill && { skill: newest.skill }),
    ...(reliability && { reliability }),
    ...(conformal && { conformal }),
    ...(search && { search }),
  };
}
