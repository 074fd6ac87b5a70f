import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadPlugin } from '../plugins/learner-plugin.ts';
import { createTrainingWindow } from '../trees/training-window.ts';
import type { FitJob } from './fit-job.ts';
import { FitPool } from './fit-pool.ts';

const window = createTrainingWindow(
  { data: Float64Array.from({ length: 12 }, (_, i) => i % 5), rows: 6, columns: 2 },
  Uint8Array.of(0, 1, 2, 0, 1, 2),
  3,
);

/** Jobs that a stand-in worker tells apart by their first row. */
const job = (number: number): FitJob => ({ spec: { kind: 'prior' }, rows: Int32Array.of(number), predict: null, keep: true });

/**
 * Answers with the row it was given and its own number; row 13 kills it, row 14 it refuses, in 15 it throws outside, in 16 it never
 * answers, in 17 its answer cannot be sent.
 */
const STAND_IN = `
import { parentPort, threadId } from 'node:worker_threads';
parentPort.on('message', ({ job }) => {
  const number = job.rows[0];
  if (number === 13) process.exit(7);
  if (number === 14) return parentPort.postMessage({ failure: { code: 'learner.not_probabilities', message: 'no', details: { columns: 4 } } });
  if (number === 16) return;
  if (number === 17) return parentPort.postMessage({ result: () => 1 });
  if (number === 15) throw new RangeError('out of memory, say');
  parentPort.postMessage({ result: { model: null, predictions: Float64Array.of(number, threadId) } });
});
`;

let folder = '';
let worker = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ets-pool-'));
  worker = join(folder, 'worker.mjs');
  await writeFile(worker, STAND_IN);
});
afterAll(() => rm(folder, { recursive: true }));

describe('FitPool', () => {
  it('gives results in the order of the jobs, from no more threads than asked for', async () => {
    const results = await new FitPool(worker).run(
      window,
      Array.from({ length: 20 }, (_, i) => job(100 + i)),
      3,
    );
    expect(results.map(({ predictions }) => predictions?.[0])).toEqual(Array.from({ length: 20 }, (_, i) => 100 + i));
    expect(new Set(results.map(({ predictions }) => predictions?.[1])).size).toBeLessThanOrEqual(3);
  });

  it.each([13, 15, 17])('rejects the run whose thread died and goes on with new threads', async (deadly) => {
    const pool = new FitPool(worker);
    const doomed = pool.run(window, [job(1), job(deadly), job(2)], 2);
    const other = pool.run(
      window,
      Array.from({ length: 9 }, (_, i) => job(20 + i)),
      2,
    );
    await expect(doomed).rejects.toMatchObject({ name: 'ModelError', code: 'learner.worker_died' });
    expect((await other).map(({ predictions }) => predictions?.[0])).toEqual(Array.from({ length: 9 }, (_, i) => 20 + i));
    const later = await pool.run(window, [job(30), job(31)], 2);
    expect(later.map(({ predictions }) => predictions?.[0])).toEqual([30, 31]);
  });

  it('strands no queued work where every thread dies', async () => {
    const pool = new FitPool(worker);
    const runs = Array.from({ length: 4 }, () => pool.run(window, [job(13), job(13), job(13)], 2));
    for (const run of runs) await expect(run).rejects.toMatchObject({ code: 'learner.worker_died' });
    expect((await pool.run(window, [job(1), job(2)], 2)).map(({ predictions }) => predictions?.[0])).toEqual([1, 2]);
  });

  it('ends with a typed error where threads cannot start at all', async () => {
    const pool = new FitPool(join(folder, 'absent.mjs'));
    await expect(pool.run(window, [job(1), job(2), job(3)], 2)).rejects.toMatchObject({ code: 'learner.worker_died' });
  });

  it('keeps the code and the data of an error that a job ended with', async () => {
    await expect(new FitPool(worker).run(window, [job(1), job(14)], 2)).rejects.toMatchObject({
      name: 'ModelError',
      code: 'learner.not_probabilities',
      details: { columns: 4 },
    });
  });

  it('rejects the one job that cannot be sent, and gives its thread to the others', async () => {
    const pool = new FitPool(worker);
    const unsendable = { ...job(1), spec: { kind: 'plugin', settings: { callback: () => 1 } } } as unknown as FitJob;
    await expect(pool.run(window, [job(2), unsendable, job(3)], 2)).rejects.toMatchObject({
      name: 'InvariantError',
      code: 'learner.unsendable_job',
      cause: { name: 'DataCloneError' },
    });
    await expect(pool.run(window, [unsendable, unsendable, unsendable], 2)).rejects.toMatchObject({
      code: 'learner.unsendable_job',
    });
    const later = await pool.run(window, [job(30), job(31), job(32)], 2);
    expect(later.map(({ predictions }) => predictions?.[0])).toEqual([30, 31, 32]);
  });

  it('rejects the job whose answer cannot be read, and ends its thread', async () => {
    const threads: Worker[] = [];
    const pool = new FitPool(worker, (path) => {
      threads.push(new Worker(path));
      return threads.at(-1)!;
    });
    const doomed = pool.run(window, [job(16), job(1)], 2);
    const ended = new Promise((resolve) => threads[0]?.once('exit', resolve));
    threads[0]?.emit('messageerror', new Error('cannot be read'));
    await expect(doomed).rejects.toMatchObject({ code: 'learner.worker_died', cause: { message: 'cannot be read' } });
    await ended;
    expect(threads[0]?.threadId).toBe(-1);
    const later = await pool.run(window, [job(30), job(31)], 2);
    expect(later.map(({ predictions }) => predictions?.[0])).toEqual([30, 31]);
  });

  it('ends with a typed error where no thread can be made', async () => {
    const pool = new FitPool(worker, () => {
      throw new RangeError('no more threads');
    });
    await expect(pool.run(window, [job(1), job(2)], 2)).rejects.toMatchObject({
      code: 'learner.worker_died',
      cause: { message: 'no more threads' },
    });
  });

  it('survives a learner that uses up the memory of its thread', async () => {
    const module = join(folder, 'greedy.mjs');
    await writeFile(
      module,
      `export const fit = ({ settings }) => { const kept = []; while (settings.greedy) kept.push([kept.length]); return Uint8Array.of(1); };
       export const load = () => ({ rows }) => new Float64Array(rows * 3).fill(1 / 3);`,
    );
    const ref = await loadPlugin('greedy', module);
    const fitting = (greedy: boolean): FitJob => ({ ...job(0), spec: { kind: 'plugin', ref, settings: { greedy } }, rows: null });
    const pool = new FitPool(undefined, (path) => new Worker(path, { resourceLimits: { maxOldGenerationSizeMb: 32 } }));
    const doomed = pool.run(window, [fitting(false), fitting(true)], 2);
    const beside = pool.run(window, [fitting(false), fitting(false), fitting(false)], 2);
    await expect(doomed).rejects.toMatchObject({
      code: 'learner.worker_died',
      cause: { code: 'ERR_WORKER_OUT_OF_MEMORY' },
    });
    expect(await beside).toHaveLength(3);
    const later = await pool.run(window, [fitting(false), fitting(false)], 2);
    expect(later.map(({ model }) => model?.kind)).toEqual(['plugin', 'plugin']);
  });

  it.each([
    ['on its own thread', 1],
    ['on threads', 2],
  ])('begins no further job %s once it is told to stop, and is there for others', async (_, threads) => {
    const pool = threads === 1 ? new FitPool(null) : new FitPool(worker);
    const jobs = Array.from({ length: 6 }, () => job(0));
    const stop = new AbortController();
    const heard: number[] = [];
    const stopped = pool.run(window, jobs, threads, {
      signal: stop.signal,
      onResult: async (at) => {
        heard.push(at);
        stop.abort();
      },
    });
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
    const { length } = heard;
    expect(length).toBeLessThanOrEqual(threads);
    expect(await pool.run(window, jobs, threads, { signal: new AbortController().signal })).toHaveLength(6);
    expect(heard).toHaveLength(length);
    await expect(pool.run(window, jobs, threads, { signal: stop.signal })).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('hears of a stop that came in while it was fitting here', async () => {
    const stop = new AbortController();
    const onSignal = () => stop.abort();
    process.once('SIGUSR2', onSignal);
    try {
      const heard: number[] = [];
      const stopped = new FitPool(null).run(window, [job(0), job(0), job(0)], 1, {
        signal: stop.signal,
        onResult: async (at) => {
          heard.push(at);
          if (at === 0) process.kill(process.pid, 'SIGUSR2');
        },
      });
      await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
      expect(heard).toEqual([0]);
    } finally {
      process.off('SIGUSR2', onSignal);
    }
  });

  it('runs jobs beside ones that never end and that nobody wants any more', async () => {
    const pool = new FitPool(worker);
    const stop = new AbortController();
    const endless = pool.run(window, [job(16), job(5)], 2, { signal: stop.signal, onResult: async () => stop.abort() });
    await expect(endless).rejects.toMatchObject({ name: 'AbortError' });
    expect((await pool.run(window, [job(1), job(2), job(3)], 2)).map(({ predictions }) => predictions?.[0])).toEqual([1, 2, 3]);
  });

  it('runs the real worker to the results of this thread', async () => {
    const jobs = [0, 1].map((row): FitJob => ({ ...job(row), rows: Int32Array.of(row, row + 2, 5), predict: Int32Array.of(1) }));
    const here = await new FitPool(null).run(window, jobs, 2);
    expect(await new FitPool().run(window, jobs, 2)).toEqual(here);
  });
});
