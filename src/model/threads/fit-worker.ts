import { parentPort } from 'node:worker_threads';
import { InvariantError, ModelError } from '../../domain/index.ts';
import { ensurePlugin } from '../plugins/learner-plugin.ts';
import type { TrainingWindow } from '../trees/training-window.ts';
import { type FitJob, type FitResult, runFitJob } from './fit-job.ts';

/** What the pool sends: a job, and the window where the worker has not seen it yet. */
export interface JobMessage {
  readonly windowId: number;
  readonly window: TrainingWindow | null;
  readonly job: FitJob;
}

/** What the worker answers. Classes of errors do not cross between threads, their data does. */
export type JobReply =
  | { readonly result: FitResult }
  | {
      readonly failure: {
        /** Of a `ModelError`; `null` where it was another error. */
        readonly code: string | null;
        readonly message: string;
        readonly details: Readonly<Record<string, unknown>>;
      };
    };

let known = { id: -1, window: null as TrainingWindow | null };

async function reply({ windowId, window, job }: JobMessage): Promise<JobReply> {
  if (window !== null) known = { id: windowId, window };
  try {
    if (known.window === null || known.id !== windowId)
      throw new InvariantError('learner.window_missing', 'a worker was given a job before its data');
    if (job.spec.kind === 'plugin') await ensurePlugin(job.spec.ref);
    return { result: runFitJob(known.window, job) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return {
      failure:
        error instanceof ModelError
          ? { code: error.code, message, details: error.details }
          : { code: null, message, details: {} },
    };
  }
}

/** What cannot be sent ends the thread, which the pool notices. */
const answer = (said: JobReply): void => parentPort?.postMessage(said, 'result' in said ? memoryOf(said.result) : []);

/** The memory of a result, which moves to the thread that asked instead of being copied. */
function memoryOf({ model, predictions }: FitResult): ArrayBuffer[] {
  const arrays = [...Object.values(model?.arrays ?? {}), ...(predictions === null ? [] : [predictions])];
  return [...new Set(arrays.map(({ buffer }) => buffer))].filter((buffer) => buffer instanceof ArrayBuffer);
}

parentPort?.on('message', async (message: JobMessage) => answer(await reply(message)));
parentPort?.on('messageerror', (error: Error) => answer({ failure: { code: null, message: String(error), details: {} } }));
