import { existsSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { getHeapStatistics } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { InvariantError, ModelError } from '../../domain/index.ts';
import type { TrainingWindow } from '../trees/training-window.ts';
import { type FitJob, type FitResult, runFitJob } from './fit-job.ts';
import type { JobMessage, JobReply } from './fit-worker.ts';

interface Task {
  readonly window: TrainingWindow;
  readonly windowId: number;
  readonly job: FitJob;
  readonly resolve: (result: FitResult) => void;
  readonly reject: (error: unknown) => void;
}

export interface RunOptions {
  /** Told each result as soon as it is there, in any order; all have been heard when `run` returns. */
  readonly onResult?: ((at: number, result: FitResult) => Promise<void>) | undefined;
  /** Once it is aborted no further job is begun, and none is waited for. */
  readonly signal?: AbortSignal | undefined;
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

/** A thread that may use as much memory for objects as this process; numbers of training windows are not in that memory. */
const startThread = (path: string): Worker =>
  new Worker(path, { resourceLimits: { maxOldGenerationSizeMb: Math.ceil(getHeapStatistics().heap_size_limit / 2 ** 20) } });

/**
 * Worker threads that stay for the life of the process, without keeping it alive. They read training windows in
 * shared memory; a job's result is the same wherever it runs. A thread that dies takes its one job with it: the next
 * job gets a new thread. So does one whose answer cannot be read, that ran out of memory, or whose job nobody wants any more.
 */
export class FitPool {
  readonly #path: string | null;
  readonly #startThread: (path: string) => Worker;
  readonly #workers: PoolWorker[] = [];
  readonly #queue: Task[] = [];
  #size = 0;
  #windows = 0;

  /**
   * @param path the compiled worker; everything runs on the calling thread where there is none
   * @param start how a thread is started, with what memory
   */
  constructor(path: string | null = findWorker(), start: (path: string) => Worker = startThread) {
    this.#path = path;
    this.#startThread = start;
  }

  /**
   * Runs jobs on at most `threads` threads, or here where one is enough.
   * @throws ModelError `learner.worker_died`, InvariantError `learner.unsendable_job`; the signal's reason where it is aborted
   */
  async run(
    window: TrainingWindow,
    jobs: readonly FitJob[],
    threads: number,
    { onResult, signal }: RunOptions = {},
  ): Promise<FitResult[]> {
    signal?.throwIfAborted();
    const heard = async (at: number, result: FitResult): Promise<FitResult> => {
      await onResult?.(at, result);
      return result;
    };
    if (threads <= 1 || jobs.length === 1 || this.#path === null) {
      const results: FitResult[] = [];
      for (const [at, job] of jobs.entries()) {
        results.push(await heard(at, runFitJob(window, job)));
        await lookUp(signal);
      }
      return results;
    }
    const windowId = ++this.#windows;
    this.#size = Math.max(this.#size, Math.min(threads, jobs.length));
    const tasks: Task[] = [];
    const results = jobs.map(
      (job) => new Promise<FitResult>((resolve, reject) => tasks.push({ window, windowId, job, resolve, reject })),
    );
    const path = this.#path;
    const giveUp = () => this.#giveUp(new Set(tasks), path, signal?.reason);
    signal?.addEventListener('abort', giveUp, { once: true });
    this.#queue.push(...tasks);
    this.#dispatch(path);
    try {
      return await Promise.all(results.map((result, at) => result.then((one) => heard(at, one))));
    } finally {
      signal?.removeEventListener('abort', giveUp);
    }
  }

  /** Takes jobs back: those that wait, and those under way with their threads. What others asked for goes on. */
  #giveUp(tasks: ReadonlySet<Task>, path: string, reason: unknown): void {
    this.#queue.splice(0, this.#queue.length, ...this.#queue.filter((task) => !tasks.has(task)));
    for (const member of this.#workers.filter(({ task }) => task !== null && tasks.has(task))) {
      this.#workers.splice(this.#workers.indexOf(member), 1);
      void member.worker.terminate();
    }
    for (const task of tasks) task.reject(reason);
    this.#dispatch(path);
  }

  #start(path: string): PoolWorker {
    const worker = this.#startThread(path);
    worker.unref();
    const member: PoolWorker = { worker, windowId: -1, task: null };
    const died = (cause: unknown) => {
      const at = this.#workers.indexOf(member);
      if (at < 0) return;
      this.#workers.splice(at, 1);
      member.task?.reject(threadDied(cause));
      this.#dispatch(path);
    };
    worker.on('message', (reply: JobReply) => {
      const { task } = member;
      member.task = null;
      worker.unref();
      if ('result' in reply) task?.resolve(reply.result);
      else task?.reject(failureOf(reply));
      this.#dispatch(path);
    });
    worker.on('messageerror', (cause) => {
      died(cause);
      void worker.terminate();
    });
    worker.on('error', died);
    worker.on('exit', (exitCode) => died(new Error(`exit code ${exitCode}`)));
    this.#workers.push(member);
    return member;
  }

  /** Gives queued work to idle threads, and starts the threads that are missing for it. */
  #dispatch(path: string): void {
    while (this.#queue.length > 0) {
      const idle = this.#workers.find(({ task }) => task === null);
      if (idle === undefined && this.#workers.length >= this.#size) return;
      const task = this.#queue.shift()!;
      try {
        send(task, idle ?? this.#start(path));
      } catch (cause) {
        task.reject(cause instanceof InvariantError ? cause : threadDied(cause));
      }
    }
  }
}

/** @throws InvariantError where the job holds what cannot cross to a thread; the thread is idle then as it was before */
function send(task: Task, member: PoolWorker): void {
  const { windowId, window, job } = task;
  const message: JobMessage = { windowId, window: member.windowId === windowId ? null : window, job };
  try {
    member.worker.postMessage(message);
  } catch (cause) {
    throw new InvariantError('learner.unsendable_job', 'a training job holds what cannot be sent to a thread', { cause });
  }
  member.task = task;
  member.windowId = windowId;
  member.worker.ref();
}

/** Fitting here lets nothing else happen: what came in meanwhile, such as Ctrl-C, is read one turn of the loop later. */
async function lookUp(signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return;
  await turn();
  await turn();
  signal.throwIfAborted();
}

const threadDied = (cause: unknown): ModelError =>
  new ModelError('learner.worker_died', 'a training thread ended before its work was done', {
    hint: 'Train again; fewer threads need less memory.',
    cause,
  });

/** The error that a thread reported; only plain data crosses between threads. */
const failureOf = ({ failure: { code, message, details } }: Extract<JobReply, { failure: unknown }>): Error =>
  code === null ? new Error(message) : new ModelError(code, message, { details });

/** The pool everything in this process uses. */
export const fitPool = new FitPool();
