import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { DataError, type TimeMs } from '../../domain/index.ts';
import { writeFileAtomic } from '../../storage/index.ts';

/** What can become of a due time. */
export const JOB_OUTCOMES = ['done', 'failed', 'missed'] as const;

const runSchema = z.object({
  job: z.string(),
  dueMs: z.int(),
  endedMs: z.int(),
  /** Process time; 0 where it is not known. */
  durationMs: z.int(),
  outcome: z.enum(JOB_OUTCOMES),
  message: z.string().nullable(),
  /** Process time of each part of the run, in their order; of jobs that have parts. */
  phasesMs: z.record(z.string(), z.int()).optional(),
});
const stateSchema = z.object({
  /** When the schedule began on this data directory. */
  sinceMs: z.int(),
  lastDueMs: z.record(z.string(), z.int()),
  /** When each job was first in the schedule. */
  firstSeenMs: z.record(z.string(), z.int()).optional(),
  runs: z.array(runSchema),
});
type State = z.infer<typeof stateSchema>;

/** What became of one due time of a job. */
export type JobRun = z.infer<typeof runSchema>;

/** Runs that are kept of each job. */
const KEPT_RUNS = 200;

/** What each job did last, in a file, so that a restart neither repeats nor forgets a due time. */
export class JobHistory {
  readonly #path: string;
  #state: State;
  #saving: Promise<void> = Promise.resolve();

  private constructor(path: string, state: State) {
    this.#path = path;
    this.#state = state;
  }

  /** Without a file a schedule begins at `nowMs`. @throws DataError `schedule.unreadable` */
  static async open(path: string, nowMs: TimeMs): Promise<JobHistory> {
    const known = await readJobs(path);
    const history = new JobHistory(path, known ?? { sinceMs: nowMs, lastDueMs: {}, runs: [] });
    if (!known) await history.#save();
    return history;
  }

  get sinceMs(): TimeMs {
    return this.#state.sinceMs;
  }

  /** The latest runs, oldest first. */
  get runs(): readonly JobRun[] {
    return this.#state.runs;
  }

  get lastDueMs(): ReadonlyMap<string, TimeMs> {
    return new Map(Object.entries(this.#state.lastDueMs));
  }

  /** From when each job counts: what it did last, or when it came into the schedule, so that a new one has missed nothing. */
  get countsFromMs(): ReadonlyMap<string, TimeMs> {
    return new Map(Object.entries({ ...this.#state.firstSeenMs, ...this.#state.lastDueMs }));
  }

  /** Jobs that are in the schedule from now on. */
  async expect(jobs: readonly string[], nowMs: TimeMs): Promise<void> {
    const isNew = (job: string) => this.#state.lastDueMs[job] === undefined && this.#state.firstSeenMs?.[job] === undefined;
    const added = jobs.filter(isNew);
    if (added.length === 0) return;
    const firstSeenMs = { ...this.#state.firstSeenMs, ...Object.fromEntries(added.map((job) => [job, nowMs])) };
    this.#state = { ...this.#state, firstSeenMs };
    await this.#saveInTurn();
  }

  async record(run: JobRun): Promise<void> {
    const { lastDueMs, runs } = this.#state;
    const own = runs.filter(({ job }) => job === run.job);
    const oldest = own.length >= KEPT_RUNS ? own[own.length - KEPT_RUNS] : undefined;
    const dueMs = Math.max(lastDueMs[run.job] ?? run.dueMs, run.dueMs);
    this.#state = {
      ...this.#state,
      lastDueMs: { ...lastDueMs, [run.job]: dueMs },
      runs: [...runs.filter((one) => one !== oldest), run],
    };
    await this.#saveInTurn();
  }

  #saveInTurn(): Promise<void> {
    this.#saving = this.#saving.catch(() => undefined).then(() => this.#save());
    return this.#saving;
  }

  async #save(): Promise<void> {
    await writeFileAtomic(this.#path, `${JSON.stringify(this.#state)}\n`);
  }
}

/** What became of due times, oldest first; nothing where no schedule has begun. @throws DataError `schedule.unreadable` */
export const readJobRuns = async (path: string): Promise<readonly JobRun[]> => (await readJobs(path))?.runs ?? [];

async function readJobs(path: string): Promise<State | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return stateSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new DataError('schedule.unreadable', `${path} is not a schedule`, {
      hint: 'Remove the file: the schedule then begins anew, and no decision is made twice.',
      cause,
    });
  }
}
