import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { ModelError } from '../../domain/index.ts';
import { type StudyHead, studyHeadSchema, type Trial, type TrialLog, trialSchema } from '../tuning/trial.ts';

/**
 * A study as NDJSON: its head, then a line a trial. A batch is written at once and is on disk before `append` returns;
 * what a crash left of one is cut off, and the batch is made again.
 */
export class StudyFile implements TrialLog {
  readonly #path: string;
  readonly #trials: Trial[];

  private constructor(path: string, trials: Trial[]) {
    this.#path = path;
    this.#trials = trials;
  }

  /** @throws ModelError `tuning.study_differs` where the file is of another study, `tuning.study_damaged` */
  static async open(path: string, head: StudyHead): Promise<StudyFile> {
    const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return Buffer.alloc(0);
      throw error;
    });
    const lines = bytes
      .subarray(0, bytes.lastIndexOf(NEW_LINE) + 1)
      .toString('utf8')
      .split('\n')
      .slice(0, -1);
    if (lines.length === 0) {
      await write(path, 0, `${JSON.stringify(head)}\n`);
      return new StudyFile(path, []);
    }
    checkHead(path, lines[0]!, head);
    const trials = lines.slice(1).map((line, i) => parseTrial(path, line, i));
    const whole = wholeBatches(trials);
    const kept = lines
      .slice(0, whole + 1)
      .map((line) => `${line}\n`)
      .join('');
    if (Buffer.byteLength(kept) < bytes.length) await write(path, Buffer.byteLength(kept), '');
    return new StudyFile(path, trials.slice(0, whole));
  }

  /** What the study in a file was begun with; nothing where there is no such file. @throws ModelError `tuning.study_damaged` */
  static async headOf(path: string): Promise<StudyHead | undefined> {
    const [line] = wholeLines(await readOrNothing(path));
    return line === undefined ? undefined : parseHead(path, line);
  }

  /**
   * What a study consists of so far, its unfinished batch included; changes nothing. Nothing where there is no such file.
   * @throws ModelError `tuning.study_damaged`
   */
  static async read(path: string): Promise<{ readonly head: StudyHead; readonly trials: readonly Trial[] } | undefined> {
    const [first, ...lines] = wholeLines(await readOrNothing(path));
    if (first === undefined) return undefined;
    return { head: parseHead(path, first), trials: lines.map((line, i) => parseTrial(path, line, i)) };
  }

  get trials(): readonly Trial[] {
    return this.#trials;
  }

  async append(trials: readonly Trial[]): Promise<void> {
    await write(this.#path, null, trials.map((trial) => `${JSON.stringify(trial)}\n`).join(''));
    this.#trials.push(...trials);
  }
}

const NEW_LINE = 10;

const readOrNothing = (path: string): Promise<Buffer> =>
  readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  });

/** A last line without its end was torn by a crash. */
const wholeLines = (bytes: Buffer): string[] =>
  bytes
    .subarray(0, bytes.lastIndexOf(NEW_LINE) + 1)
    .toString('utf8')
    .split('\n')
    .slice(0, -1);

/** Cuts the file to `length` bytes where that is given, adds `text`, and waits for the disk. */
async function write(path: string, length: number | null, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'a');
  try {
    if (length !== null) await file.truncate(length);
    await file.appendFile(text);
    await file.sync();
  } finally {
    await file.close();
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

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
