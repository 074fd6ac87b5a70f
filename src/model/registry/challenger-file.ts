import { appendFile, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ModelError } from '../../domain/index.ts';
import type { GateVerdict } from '../gate-verdict.ts';
import { writeAtomically } from '../persistence/write-atomically.ts';

const trialSchema = z.object({ modelId: z.string(), sinceMs: z.int() });

/** A candidate that passed the gate, and since when it predicts in the shadow. */
export type ChallengerTrial = Readonly<z.infer<typeof trialSchema>>;

const TRIAL = 'challenger.json';
const VERDICTS = 'challengers.ndjson';

/** Which version is on trial, beside the versions themselves, and how earlier trials ended. */
export class ChallengerFile {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The trial that is running. @throws ModelError `registry.challenger_damaged` */
  async current(): Promise<ChallengerTrial | undefined> {
    const path = join(this.#folder, TRIAL);
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    if (text === undefined) return undefined;
    try {
      return trialSchema.parse(JSON.parse(text));
    } catch (cause) {
      throw new ModelError('registry.challenger_damaged', `${path} cannot be read`, {
        hint: 'Delete it: the trial ends without a verdict.',
        cause,
      });
    }
  }

  async begin(trial: ChallengerTrial): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    await writeAtomically(join(this.#folder, TRIAL), `${JSON.stringify(trial)}\n`);
  }

  /** Keeps the verdict with its numbers, then ends the trial. */
  async end(trial: ChallengerTrial, verdict: GateVerdict, atMs: number): Promise<void> {
    await appendFile(join(this.#folder, VERDICTS), `${JSON.stringify({ ...trial, atMs, verdict })}\n`);
    await rm(join(this.#folder, TRIAL), { force: true });
  }
}
