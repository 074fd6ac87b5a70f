import { type ChildProcess, fork } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { ModelError } from '../../domain/index.ts';
import type { TrainRequest } from './train-request.ts';

const replySchema = z.union([
  z.object({
    modelId: z.string(),
    decision: z.enum(['promoted', 'kept', 'challenger']),
    reason: z.string(),
    durationMs: z.number(),
  }),
  z.object({ error: z.object({ code: z.string().optional(), message: z.string(), hint: z.string().optional() }) }),
]);
/** What came of a training. */
export type TrainReply = Extract<z.infer<typeof replySchema>, { modelId: string }>;

export interface TrainChildOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Memory that the process may use; above it is ended. */
  readonly memoryMb: number;
  readonly signal: AbortSignal;
}

/** Training yields to the process that decides. */
const NICENESS = 10;
const LOOK_EVERY_MS = 1_000;

/**
 * Trains in a process of its own, so that no decision waits for it and its end is not ours. What it promotes is in the
 * registry when this returns.
 * @throws ModelError `train.child_failed`, `train.child_missing`, `train.out_of_memory`, or what the training itself raised
 */
export async function trainInChild(request: TrainRequest, { env, memoryMb, signal }: TrainChildOptions): Promise<TrainReply> {
  signal.throwIfAborted();
  const child = fork(findChild(), [], {
    env: { ...env } as NodeJS.ProcessEnv,
    execArgv: [`--max-old-space-size=${memoryMb}`],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  beNice(child);
  let isTooLarge = false;
  const watch = setInterval(() => {
    isTooLarge ||= residentMb(child) > memoryMb;
    if (isTooLarge) child.kill('SIGKILL');
  }, LOOK_EVERY_MS);
  const stop = () => child.kill('SIGKILL');
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await new Promise<TrainReply>((resolve, reject) => {
      let reply: z.infer<typeof replySchema> | undefined;
      child.once('message', (message) => {
        const parsed = replySchema.safeParse(message);
        reply = parsed.success ? parsed.data : { error: { message: 'it gave a reply of no known form' } };
      });
      child.once('error', (cause) => reject(new ModelError('train.child_failed', 'the training did not start', { cause })));
      child.once('close', (code, killedBy) => {
        if (signal.aborted) reject(signal.reason);
        else if (reply && 'modelId' in reply) resolve(reply);
        else if (isTooLarge || killedBy === 'SIGABRT' || killedBy === 'SIGTRAP') reject(tooLarge(memoryMb));
        else reject(failure(reply?.error ?? { message: `it ended with ${code ?? killedBy}` }));
      });
      child.send(request);
    });
  } finally {
    clearInterval(watch);
    signal.removeEventListener('abort', stop);
  }
}

/** The compiled child: beside this file in dist, or in dist where this runs from the sources. */
function findChild(): string {
  const here = fileURLToPath(import.meta.url);
  const path = here.endsWith('.ts')
    ? here.replace(/([\\/])src([\\/]app[\\/]daemon[\\/])[^\\/]+$/, '$1dist$2train-child.js')
    : fileURLToPath(new URL('train-child.js', import.meta.url));
  if (!existsSync(path)) throw new ModelError('train.child_missing', `${path} is not there`, { hint: 'Run `npm run build`.' });
  return path;
}

function beNice({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) setPriority(pid, NICENESS);
  } catch {
    // A training that cannot be made nice trains all the same.
  }
}

/** Resident memory as Linux tells it; elsewhere only the heap is limited. */
function residentMb({ pid }: ChildProcess): number {
  try {
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

const tooLarge = (memoryMb: number): ModelError =>
  new ModelError('train.out_of_memory', `the training needed more than ${memoryMb} MB and was ended`, {
    hint: 'Raise schedule.trainMemoryMb, or lower model.threads, model.trees or model.trainDays.',
  });

const failure = ({
  code,
  message,
  hint,
}: {
  code?: string | undefined;
  message: string;
  hint?: string | undefined;
}): ModelError =>
  new ModelError('train.child_failed', `the training failed: ${message}`, {
    ...(code !== undefined && { details: { code } }),
    ...(hint !== undefined && { hint }),
  });
