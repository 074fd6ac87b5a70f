import { appendFile, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HyperparameterTuner } from '../tuning/hyperparameter-tuner.ts';
import { parseSearchSpace } from '../tuning/search-space.ts';
import type { StudyHead, TrialLog } from '../tuning/trial.ts';
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
