import { rm } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { ModelError } from '../../domain/index.ts';
import { type FoldScore, foldScoreSchema, paramsSchema, type StudyHead, type TrialTask, taskKey } from '../tuning/trial.ts';
import { parseJson, readLines, writeLines } from './ndjson-lines.ts';

const answerSchema = z.strictObject({ params: paramsSchema, score: foldScoreSchema });

/**
 * What has been answered of the batch under way, beside its study: the head of the study, then a line an answer in the
 * order in which they came, each on disk before `keep` returns. An answer is found by what was asked, so their order says
 * nothing; the objective is pure, so one that is left over from an earlier batch is still right.
 */
export class BatchFile {
  readonly #path: string;
  readonly #head: StudyHead;
  readonly #answers: Map<string, FoldScore>;
  /** Where the next line goes; null: at the end. */
  #cutTo: number | null;
  /** Answers that the next write takes, all in one. */
  readonly #waiting = new Map<string, { readonly task: TrialTask; readonly score: FoldScore }>();
  #writing: Promise<void> = Promise.resolve();

  private constructor(path: string, head: StudyHead, answers: Map<string, FoldScore>, cutTo: number | null) {
    this.#path = path;
    this.#head = head;
    this.#answers = answers;
    this.#cutTo = cutTo;
  }

  /** Answers of another study, such as one whose own file was deleted, do not count. @throws ModelError `tuning.study_damaged` */
  static async open(path: string, head: StudyHead): Promise<BatchFile> {
    const { lines, bytes } = await readLines(path);
    const [first, ...rest] = lines;
    if (first === undefined || !isDeepStrictEqual(parseJson(first), JSON.parse(JSON.stringify(head))))
      return new BatchFile(path, head, new Map(), 0);
    const answers = new Map(rest.map((line, i) => parseAnswer(path, line, i + 2)));
    const whole = Buffer.byteLength(lines.map((line) => `${line}\n`).join(''));
    return new BatchFile(path, head, answers, whole < bytes ? whole : null);
  }

  scoreOf(task: TrialTask): FoldScore | undefined {
    return this.#answers.get(taskKey(task));
  }

  /** Keeps an answer; the first one to a question counts. Those that come while the disk is busy share the next write. */
  keep(task: TrialTask, score: FoldScore): Promise<void> {
    const key = taskKey(task);
    if (!this.#waiting.has(key)) this.#waiting.set(key, { task, score });
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async #write(): Promise<void> {
    const fresh = [...this.#waiting].filter(([key]) => !this.#answers.has(key));
    this.#waiting.clear();
    if (fresh.length === 0) return;
    const lines = fresh.map(([, { task, score }]) => `${JSON.stringify({ params: task.params, score })}\n`);
    if (this.#cutTo === 0) lines.unshift(`${JSON.stringify(this.#head)}\n`);
    await writeLines(this.#path, this.#cutTo, lines.join(''));
    this.#cutTo = null;
    for (const [key, { score }] of fresh) this.#answers.set(key, score);
  }

  /** The batch is in its study: its answers go. */
  async end(): Promise<void> {
    await this.#writing;
    await rm(this.#path, { force: true });
    this.#answers.clear();
    this.#cutTo = 0;
  }
}

function parseAnswer(path: string, line: string, lineNumber: number): [key: string, score: FoldScore] {
  const parsed = answerSchema.safeParse(parseJson(line));
  if (!parsed.success) {
    throw new ModelError('tuning.study_damaged', `${path}: line ${lineNumber} is not of a study of this version`, {
      hint: 'Delete the file: what it held of the batch under way is made again.',
      details: { line: lineNumber },
    });
  }
  const { params, score } = parsed.data;
  return [taskKey({ params, fold: score.fold }), score];
}
