import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { ModelError } from '../../domain/index.ts';
import type { TrainingWindow } from '../trees/training-window.ts';
import { type FitJob, type FitResult, runFitJob } from './fit-job.ts';
import type { JobMessage } from './fit-worker.ts';

interface Task {
  readonly id: number;
  readonly window: TrainingWindow;
  readonly windowId: number;
  readonly job: FitJob;
  readonly resolve: (result: FitResult) => void;
  readonly reject: (error: unknown) => void;
}

interface PoolWorker {
  readonly worker: Worker;
  windowId: number;
  task: Task | null;
}

/** The compiled worker: beside this file in dist, or in dist where this runs from the sources. */
function findWorker(): string | null {
  const here = fileURLToPath(import.meta.url);
  const path = here.endsWith('.ts')
    ? here.replace(/([\\/])src([\\/]model[\\/]threads[\\/])[^\\/]+$/, '$1dist$2fit-worker.js')
    : fileURLToPath(new URL('fit-worker.js', import.meta.url));
  return existsSync(path) ? path : null;
}

/**
 * Worker threads that stay for the life of the process, without keeping it alive. They read training windows in
 * shared memory; a job's result is the same wherever it runs.
 */
class FitPool {
  readonly #path: string | null;
  readonly #workers: PoolWorker[] = [];
  readonly #queue: Task[] = [];
  #tasks = 0;
  #windows = 0;

  constructor(path: string | null = findWorker()) {
    this.#path = path;
  }

  /** Runs jobs on at most `threads` threads, or here where one is enough. @throws ModelError `learner.worker_died` */
  async run(window: TrainingWindow, jobs: readonly FitJob[], threads: number): Promise<FitResult[]> {
    if (threads <= 1 || jobs.length === 1 || this.#path === null) return jobs.map((job) => runFitJob(window, job));
    const windowId = ++this.#windows;
    while (this.#workers.length < Math.min(threads, jobs.length)) this.#workers.push(this.#start(this.#path));
    return Promise.all(
      jobs.map(
        (job) =>
          new Promise<FitResult>((resolve, reject) => {
            this.#queue.push({ id: ++this.#tasks, window, windowId, job, resolve, reject });
            this.#dispatch();
          }),
      ),
    );
  }

  #start(path: string): PoolWorker {
    const worker = new Worker(path);
    worker.unref();
    const member: PoolWorker = { worker, windowId: -1, task: null };
    const died = (cause: unknown) => {
      const at = this.#workers.indexOf(member);
      if (at >= 0) this.#workers.splice(at, 1);
      member.task?.reject(new ModelError('learner.worker_died', 'a training thread ended before its work was done', { cause }));
      member.task = null;
      if (this.#workers.length === 0)
        for (const task of this.#queue.splice(0))
          task.reject(new ModelError('learner.worker_died', 'all training threads ended', { cause }));
      this.#dispatch();
    };
    worker.on('message', ({ result, error }: { result?: FitResult; error?: unknown }) => {
      const { task } = member;
      member.task = null;
      worker.unref();
      if (result) task?.resolve(result);
      else task?.reject(error);
      this.#dispatch();
    });
    worker.on('error', died);
    worker.on('exit', died);
    return member;
  }

  #dispatch(): void {
    for (const member of this.#workers) {
      if (member.task !== null) continue;
      const task = this.#queue.shift();
      if (!task) return;
      const message: JobMessage = {
        id: task.id,
        windowId: task.windowId,
        window: member.windowId === task.windowId ? null : task.window,
        job: task.job,
      };
      member.task = task;
      member.windowId = task.windowId;
      member.worker.ref();
      member.worker.postMessage(message);
    }
  }
}

/** The pool everything in this process uses. */
export const fitPool = new FitPool();
