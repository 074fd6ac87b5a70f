import { isDeepStrictEqual } from 'node:util';
import { ModelError } from '../../domain/index.ts';
import {
  type FoldScore,
  type StudyHead,
  studyHeadSchema,
  type Trial,
  type TrialLog,
  type TrialTask,
  trialSchema,
} from '../tuning/trial.ts';
import { BatchFile } from './batch-file.ts';
import { parseJson, readLines, writeLines } from './ndjson-lines.ts';

/**
 * A study as NDJSON: its head, then a line a trial. A batch is written at once when it is complete and is on disk before
 * `append` returns; what a crash left of one is cut off. What was kept of a batch stands beside it until then
 * (`BatchFile`), so that it is not asked again.
 */
export class StudyFile implements TrialLog {
  readonly #path: string;
  readonly #trials: Trial[];
  readonly #batch: BatchFile;

  private constructor(path: string, trials: Trial[], batch: BatchFile) {
    this.#path = path;
    this.#trials = trials;
    this.#batch = batch;
  }

  /** @throws ModelError `tuning.study_differs` where the file is of another study, `tuning.study_damaged` */
  static async open(path: string, head: StudyHead): Promise<StudyFile> {
    const { lines, bytes } = await readLines(path);
    const batch = await BatchFile.open(path.replace(/(\.ndjson)?$/, '.batch.ndjson'), head);
    if (lines.length === 0) {
      await writeLines(path, 0, `${JSON.stringify(head)}\n`);
      return new StudyFile(path, [], batch);
    }
    checkHead(path, lines[0]!, head);
    const trials = lines.slice(1).map((line, i) => parseTrial(path, line, i));
    const whole = wholeBatches(trials);
    const kept = lines
      .slice(0, whole + 1)
      .map((line) => `${line}\n`)
      .join('');
    if (Buffer.byteLength(kept) < bytes) await writeLines(path, Buffer.byteLength(kept), '');
    return new StudyFile(path, trials.slice(0, whole), batch);
  }

  /** What the study in a file was begun with; nothing where there is no such file. @throws ModelError `tuning.study_damaged` */
  static async headOf(path: string): Promise<StudyHead | undefined> {
    const [line] = (await readLines(path)).lines;
    return line === undefined ? undefined : parseHead(path, line);
  }

  /**
   * What a study consists of so far, its unfinished batch included; changes nothing. Nothing where there is no such file.
   * @throws ModelError `tuning.study_damaged`
   */
  static async read(path: string): Promise<{ readonly head: StudyHead; readonly trials: readonly Trial[] } | undefined> {
    const [first, ...lines] = (await readLines(path)).lines;
    if (first === undefined) return undefined;
    return { head: parseHead(path, first), trials: lines.map((line, i) => parseTrial(path, line, i)) };
  }

  get trials(): readonly Trial[] {
    return this.#trials;
  }

  scoreOf(task: TrialTask): FoldScore | undefined {
    return this.#batch.scoreOf(task);
  }

  keep(task: TrialTask, score: FoldScore): Promise<void> {
    return this.#batch.keep(task, score);
  }

  async append(trials: readonly Trial[]): Promise<void> {
    await writeLines(this.#path, null, trials.map((trial) => `${JSON.stringify(trial)}\n`).join(''));
    this.#trials.push(...trials);
    await this.#batch.end();
  }
}

function checkHead(path: string, line: string, head: StudyHead): void {
  const stored = parseHead(path, line);
  const differs = (Object.keys(head) as (keyof StudyHead)[]).filter((key) => !isDeepStrictEqual(stored[key], head[key]));
  if (differs.length > 0) {
    throw new ModelError('tuning.study_differs', `the study in ${path} was made with another ${differs.join(', ')}`, {
      hint: 'Choose another name with `--study`, or ask for the same again.',
      details: { differs },
    });
  }
}

function parseHead(path: string, line: string): StudyHead {
  const head = studyHeadSchema.safeParse(parseJson(line));
  if (!head.success) throw damaged(path, 1);
  return head.data;
}

function parseTrial(path: string, line: string, at: number): Trial {
  const parsed = trialSchema.safeParse(parseJson(line));
  if (!parsed.success || parsed.data.trial !== at) throw damaged(path, at + 2);
  return parsed.data;
}

/** How many trials belong to batches of which none is missing. */
function wholeBatches(trials: readonly Trial[]): number {
  const last = trials.at(-1);
  if (last === undefined) return 0;
  const own = trials.filter(({ batch }) => batch === last.batch).length;
  return own === last.batchTrials ? trials.length : trials.length - own;
}

const damaged = (path: string, line: number): ModelError =>
  new ModelError('tuning.study_damaged', `${path}: line ${line} is not of a study of this version`, {
    hint: 'Remove the lines from there on, or choose another name with `--study`.',
    details: { line },
  });
