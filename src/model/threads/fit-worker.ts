import { parentPort } from 'node:worker_threads';
import { ModelError } from '../../domain/index.ts';
import type { TrainingWindow } from '../trees/training-window.ts';
import { type FitJob, runFitJob } from './fit-job.ts';

/** What the pool sends: a job, and the window where the worker has not seen it yet. */
export interface JobMessage {
  readonly id: number;
  readonly windowId: number;
  readonly window: TrainingWindow | null;
  readonly job: FitJob;
}

let known = { id: -1, window: null as TrainingWindow | null };

parentPort?.on('message', ({ id, windowId, window, job }: JobMessage) => {
  if (window !== null) known = { id: windowId, window };
  try {
    if (known.window === null || known.id !== windowId)
      throw new ModelError('learner.worker_died', 'a worker was given a job before its data');
    parentPort?.postMessage({ id, result: runFitJob(known.window, job) });
  } catch (error) {
    parentPort?.postMessage({ id, error });
  }
});
