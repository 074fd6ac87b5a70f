import { existsSync } from 'node:fs';
import { appendFile, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HyperparameterTuner } from '../tuning/hyperparameter-tuner.ts';
import { parseSearchSpace } from '../tuning/search-space.ts';
import type { FoldScore, StudyHead, TrialLog, TrialTask } from '../tuning/trial.ts';
import { StudyFile } from './study-file.ts';

const space = parseSearchSpace(
  { learner: 'extra-trees', parameters: { x: { low: 0, high: 1 }, y: { low: 0, high: 1 } } },
  'test',
);
const head: StudyHead = { study: 1, space, untilMs: 5, seed: 3, folds: 4, batchSize: 4, data: 'bowl' };

const run = (log: TrialLog, trials: number) =>
  new HyperparameterTuner({
    ...{ space, seed: 3, folds: 4, batchSize: 4, patience: 99, log },
    objective: async (tasks) =>
      tasks.map(({ params, fold }) => ({ fold, loss: (Number(params.x) - 0.5) ** 2 + fold, baseline: fold, rows: 3 })),
  }).run(trials);

let folder = '';
let path = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ets-study-'));
  path = join(folder, 'studies', 'one.ndjson');
});
afterEach(() => rm(folder, { recursive: true }));

describe('StudyFile', () => {
  it('holds the head and a line a trial, and goes on where it stood', async () => {
    await run(await StudyFile.open(path, head), 20);
    const whole = await readFile(path, 'utf8');
    expect(whole.trim().split('\n')).toHaveLength(21);
    expect(await StudyFile.headOf(path)).toEqual(head);
    await rm(path);
    await run(await StudyFile.open(path, head), 8);
    await run(await StudyFile.open(path, head), 20);
    expect(await readFile(path, 'utf8')).toBe(whole);
  });

  it('becomes the same file after a crash at any byte', async () => {
    await run(await StudyFile.open(path, head), 16);
    const whole = await readFile(path);
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length), async (length) => {
        await writeFile(path, whole);
        await truncate(path, length);
        await run(await StudyFile.open(path, head), 16);
        expect(Buffer.compare(await readFile(path), whole)).toBe(0);
      }),
      { seed: 1, numRuns: 25 },
    );
  });

  describe('in mid-batch', () => {
    const batchPath = () => join(folder, 'studies', 'one.batch.ndjson');
    const scoreOf = ({ params, fold }: TrialTask): FoldScore => ({
      ...{ fold, loss: (Number(params.x) - 0.5) ** 2 + fold, baseline: fold, rows: 3 },
    });
    /** Goes on until so many answers were given, then ends as a killed process does. Answers come last first. */
    async function go(log: TrialLog, answersLeft = Number.POSITIVE_INFINITY): Promise<number> {
      let given = 0;
      const tuner = new HyperparameterTuner({
        ...{ space, seed: 3, folds: 4, batchSize: 4, patience: 99, log },
        objective: async (tasks, onAnswer) => {
          for (const [at, task] of [...tasks.entries()].reverse()) {
            if (given === answersLeft) throw new Error('killed');
            given += 1;
            await onAnswer(at, scoreOf(task));
          }
          return tasks.map(scoreOf);
        },
      });
      await tuner.run(8).catch((error: Error) => expect(error.message).toBe('killed'));
      return given;
    }

    it('has every answer on the disk, and goes on from there to the same file', async () => {
      const all = await go(await StudyFile.open(path, head));
      const whole = await readFile(path, 'utf8');
      expect(existsSync(batchPath())).toBe(false);
      for (let after = 1; after < all; after++) {
        await rm(path);
        expect(await go(await StudyFile.open(path, head), after)).toBe(after);
        const kept = (await readFile(batchPath(), 'utf8').catch(() => '')).split('\n').slice(1, -1).length;
        const inTrials = (await StudyFile.open(path, head)).trials.reduce((sum, { folds }) => sum + folds.length, 0);
        expect(kept + inTrials).toBe(after);
        expect(await go(await StudyFile.open(path, head))).toBe(all - after);
        expect(await readFile(path, 'utf8')).toBe(whole);
        expect(existsSync(batchPath())).toBe(false);
      }
    });

    it('has on the disk what an objective that tells nothing answered before, whenever it is asked', async () => {
      const log = await StudyFile.open(path, head);
      const found: number[] = [];
      let answered = 0;
      const tuner = new HyperparameterTuner({
        ...{ space, seed: 3, folds: 4, batchSize: 4, patience: 99, log },
        objective: async (tasks) => {
          const inBatch = (await readFile(batchPath(), 'utf8').catch(() => '')).split('\n').slice(1, -1).length;
          const { trials } = (await StudyFile.read(path))!;
          found.push(inBatch + trials.reduce((sum, { folds }) => sum + folds.length, 0) - answered);
          answered += tasks.length;
          return tasks.map(scoreOf);
        },
      });
      await tuner.run(12);
      expect(answered).toBe(24);
      expect(found).toEqual(new Array(9).fill(0));
    });

    it('asks again for an answer that was torn, and for no other', async () => {
      const all = await go(await StudyFile.open(path, head));
      const whole = await readFile(path, 'utf8');
      await rm(path);
      await go(await StudyFile.open(path, head), 3);
      const bytes = await readFile(batchPath());
      const end = bytes.length;
      for (const length of [end - 1, end - 20, bytes.indexOf(10) + 1, 7, 0]) {
        await rm(path, { force: true });
        await writeFile(batchPath(), bytes.subarray(0, length));
        const left = bytes.subarray(0, length).toString().split('\n').slice(1, -1).length;
        expect(await go(await StudyFile.open(path, head))).toBe(all - left);
        expect(await readFile(path, 'utf8')).toBe(whole);
      }
    });

    it('takes no answers of another study, and refuses a line that is none', async () => {
      const all = await go(await StudyFile.open(path, head));
      await rm(path);
      await go(await StudyFile.open(path, head), 3);
      const text = await readFile(batchPath(), 'utf8');
      await rm(path);
      expect(await go(await StudyFile.open(path, { ...head, data: 'other' }))).toBe(all);
      await writeFile(batchPath(), text.replace('"score"', '"store"'));
      await rm(path);
      await expect(StudyFile.open(path, head)).rejects.toMatchObject({ code: 'tuning.study_damaged', details: { line: 2 } });
    });

    it('keeps answers that come at once in one write, each once', async () => {
      const log = await StudyFile.open(path, head);
      const tasks = [0, 1, 2, 3, 0].map((fold): TrialTask => ({ params: { x: 0.25, y: 1 / 3 }, fold }));
      const [first, ...others] = tasks.map((task) => log.keep(task, scoreOf(task)));
      await first;
      expect((await readFile(batchPath(), 'utf8')).trim().split('\n')).toHaveLength(5);
      await Promise.all(others);
      expect((await readFile(batchPath(), 'utf8')).trim().split('\n')).toHaveLength(5);
      const again = await StudyFile.open(path, head);
      expect(tasks.map((task) => again.scoreOf(task))).toEqual(tasks.map(scoreOf));
    });
  });

  it('refuses another study under its name, and says what differs', async () => {
    await run(await StudyFile.open(path, head), 4);
    await expect(StudyFile.open(path, { ...head, seed: 4, data: 'other' })).rejects.toMatchObject({
      code: 'tuning.study_differs',
      details: { differs: ['seed', 'data'] },
    });
  });

  it('refuses a line that is no trial, and a file that is no study', async () => {
    await run(await StudyFile.open(path, head), 4);
    await appendFile(path, '{"trial": 4}\n');
    await expect(StudyFile.open(path, head)).rejects.toMatchObject({ code: 'tuning.study_damaged', details: { line: 6 } });
    await writeFile(path, 'a,b\n');
    await expect(StudyFile.open(path, head)).rejects.toMatchObject({ code: 'tuning.study_damaged', details: { line: 1 } });
    expect(await StudyFile.headOf(join(folder, 'none'))).toBeUndefined();
  });
});
