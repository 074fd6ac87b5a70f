import { describe, expect, it } from 'vitest';
import { createRng, type Rng } from '../../domain/index.ts';
import { HyperparameterTuner, type Objective, type TunerOptions } from './hyperparameter-tuner.ts';
import { fromCoordinate, type ParameterValues, parseSearchSpace, type SearchSpace } from './search-space.ts';
import { type FoldScore, MemoryTrialLog, type TrialTask } from './trial.ts';

const space = (parameters: Record<string, unknown>, defaults: Record<string, unknown> = {}): SearchSpace =>
  parseSearchSpace({ learner: 'gradient-boosted-trees', parameters, defaults }, 'test');

/** Functions with a known least value of 0, some with the traits of hyperparameters: scales, whole numbers, choices. */
const KNOWN: Readonly<Record<string, { readonly space: SearchSpace; readonly value: (p: Record<string, number>) => number }>> = {
  bowl: {
    space: space({ x: { low: -5, high: 5 }, y: { low: -5, high: 5 }, z: { low: -5, high: 5 } }),
    value: ({ x, y, z }) => (x! - 1) ** 2 + (y! + 2) ** 2 + (z! - 3) ** 2,
  },
  branin: {
    space: space({ x: { low: -5, high: 10 }, y: { low: 0, high: 15 } }),
    value: ({ x, y }) =>
      (y! - (5.1 / (4 * Math.PI ** 2)) * x! ** 2 + (5 / Math.PI) * x! - 6) ** 2 +
      10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x!) +
      9.602113,
  },
  boosting: {
    space: space({
      rate: { low: 0.001, high: 1, scale: 'log' },
      leaves: { low: 2, high: 128, scale: 'log', integer: true },
      l2: { low: 0.001, high: 100, scale: 'log' },
      idle: { low: 0, high: 1 },
    }),
    value: ({ rate, leaves, l2 }) =>
      Math.log10(rate! / 0.05) ** 2 + Math.log2(leaves! / 8) ** 2 / 4 + 0.1 * Math.log10(l2! / 3) ** 2,
  },
  valley: {
    space: space({ x: { low: -2, high: 2 }, y: { low: -1, high: 3 } }),
    value: ({ x, y }) => Math.log1p((1 - x!) ** 2 + 20 * (y! - x! ** 2) ** 2),
  },
  chosen: {
    space: space({ way: { choices: [0, 1, 2, 3] }, x: { low: 0, high: 1 }, y: { low: 0, high: 1 } }),
    value: ({ way, x, y }) => Math.abs(way! - 2) * 0.5 + (x! - 0.3) ** 2 + (y! - (way === 2 ? 0.8 : 0.1)) ** 2,
  },
};

const answer = (value: (p: Record<string, number>) => number): ((tasks: readonly TrialTask[]) => Promise<FoldScore[]>) => {
  const score = ({ params, fold }: TrialTask) => ({ fold, loss: value(params as Record<string, number>), baseline: 0, rows: 1 });
  return async (tasks) => tasks.map(score);
};

const options = (changed: Partial<TunerOptions> & Pick<TunerOptions, 'space' | 'objective'>): TunerOptions => ({
  seed: 1,
  folds: 1,
  batchSize: 8,
  patience: 1_000,
  log: new MemoryTrialLog(),
  ...changed,
});

function randomSearch(searched: SearchSpace, value: (p: Record<string, number>) => number, trials: number, rng: Rng): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < trials; i++) {
    const drawn: [string, number | string][] = Object.entries(searched.parameters).map(([name, parameter]) => [
      name,
      fromCoordinate(parameter, rng() * ('choices' in parameter ? parameter.choices.length : 1)),
    ]);
    least = Math.min(least, value(Object.fromEntries(drawn) as Record<string, number>));
  }
  return least;
}

describe('HyperparameterTuner', () => {
  it('finds better values than random search with as many trials on known functions', async () => {
    const seeds = 10;
    let wins = 0;
    for (const { space: searched, value } of Object.values(KNOWN)) {
      for (let seed = 1; seed <= seeds; seed++) {
        const tuned = await new HyperparameterTuner(options({ space: searched, seed, objective: answer(value) })).run(64);
        if (tuned.best.excess < randomSearch(searched, value, 64, createRng(seed, 99))) wins += 1;
      }
    }
    // Paired sign test: without an advantage, 50 pairs give 33 wins or more in fewer than 2 of 100 cases.
    expect(wins).toBeGreaterThanOrEqual(33);
  });

  it('makes the same study from the same seed, whatever the order in which work is done', async () => {
    const { space: searched, value } = KNOWN.boosting!;
    const plain = await new HyperparameterTuner(options({ space: searched, objective: answer(value) })).run(40);
    const late: Objective = async (tasks) => {
      const scores = new Map<TrialTask, Awaited<ReturnType<Objective>>[number]>();
      for (const task of tasks.toReversed()) scores.set(task, (await answer(value)([task]))[0]!);
      return tasks.map((task) => scores.get(task)!);
    };
    expect(await new HyperparameterTuner(options({ space: searched, objective: late })).run(40)).toEqual(plain);
    const other = await new HyperparameterTuner(options({ space: searched, seed: 2, objective: answer(value) })).run(40);
    expect(other.trials).not.toEqual(plain.trials);
  });

  it('goes on from the trials in the log to the same study as in one go', async () => {
    const { space: searched, value } = KNOWN.branin!;
    const whole = await new HyperparameterTuner(options({ space: searched, objective: answer(value) })).run(48);
    const log = new MemoryTrialLog();
    for (const until of [16, 32, 48, 48]) {
      const part = await new HyperparameterTuner(options({ space: searched, log, objective: answer(value) })).run(until);
      expect(part.trials).toHaveLength(until);
    }
    expect(log.trials).toEqual(whole.trials);
  });

  it('loses no answer to a crash in mid-batch, and asks for none twice, in whatever order they come', async () => {
    const { space: searched, value } = KNOWN.branin!;
    const hard = (fold: number) => fold * 3;
    const scoreOf = ({ params, fold }: TrialTask): FoldScore => ({
      ...{ fold, loss: hard(fold) + value(params as Record<string, number>), baseline: hard(fold), rows: 5 },
    });
    const settings = { space: searched, folds: 8, batchSize: 8 };
    const whole = new MemoryTrialLog();
    let asked = 0;
    const undisturbed: Objective = async (tasks) => {
      asked += tasks.length;
      return tasks.map(scoreOf);
    };
    await new HyperparameterTuner(options({ ...settings, log: whole, objective: undisturbed })).run(16);
    expect(asked).toBe(64);

    for (let crashAfter = 0; crashAfter < asked; crashAfter += 5) {
      const log = new MemoryTrialLog();
      const answered: string[] = [];
      /** Tells answers from the last task to the first, and ends with the process after so many. */
      const crashing =
        (after: number): Objective =>
        async (tasks, onAnswer) => {
          for (const [at, task] of [...tasks.entries()].reverse()) {
            if (answered.length === after) throw new Error('killed');
            answered.push(JSON.stringify(task));
            await onAnswer(at, scoreOf(task));
          }
          return tasks.map(scoreOf);
        };
      const go = (after: number) => new HyperparameterTuner(options({ ...settings, log, objective: crashing(after) })).run(16);
      await expect(go(crashAfter)).rejects.toThrow('killed');
      expect(answered).toHaveLength(crashAfter);
      await go(Number.POSITIVE_INFINITY);
      expect(log.trials).toEqual(whole.trials);
      expect(answered).toHaveLength(asked);
      expect(new Set(answered).size).toBe(asked);
    }
  });

  it('tries the defaults first and stays inside the space', async () => {
    const searched = space(
      { a: { low: 1, high: 9, integer: true }, b: { low: 0.01, high: 10, scale: 'log' }, c: { choices: ['x', 'y'] } },
      { a: 4, c: 'y' },
    );
    const { trials } = await new HyperparameterTuner(options({ space: searched, objective: answer((p) => p.a! + p.b!) })).run(60);
    expect(trials[0]!.params).toMatchObject({ a: 4, c: 'y' });
    for (const { params } of trials) {
      const { a, b, c } = params as { a: number; b: number; c: string };
      expect(Number.isInteger(a) && a >= 1 && a <= 9 && b >= 0.01 && b <= 10 && ['x', 'y'].includes(c)).toBe(true);
    }
    expect(new Set(trials.slice(0, 8).map(({ params }) => params.c))).toEqual(new Set(['x', 'y']));
  });

  it('spends all folds on the better quarter of a batch alone, and judges folds by their own baselines', async () => {
    const asked: TrialTask[] = [];
    const hard = (fold: number) => fold * 10;
    const objective: Objective = async (tasks) => {
      asked.push(...tasks);
      return tasks.map(({ params, fold }) => ({ fold, loss: hard(fold) + Number(params.x), baseline: hard(fold), rows: 5 }));
    };
    const { trials, best } = await new HyperparameterTuner(
      options({ space: space({ x: { low: 0, high: 1 } }), folds: 8, objective }),
    ).run(8);
    expect(trials.map(({ folds }) => folds.length).sort()).toEqual([2, 2, 2, 2, 4, 4, 8, 8]);
    expect(trials.filter(({ state }) => state === 'finished')).toHaveLength(2);
    expect(asked).toHaveLength(32);
    const values = trials.map(({ params }) => Number(params.x));
    expect(best.params.x).toBe(Math.min(...values));
    expect(best.excess).toBeCloseTo(Number(best.params.x), 12);
  });

  it('stops when batches gain nothing more', async () => {
    const result = await new HyperparameterTuner(
      options({ space: KNOWN.bowl!.space, patience: 3, objective: answer(() => 1) }),
    ).run(400);
    expect(result.stopped).toBe('nothing_gained');
    expect(result.trials).toHaveLength(32);
  });

  it('ends between batches when told to, with what is complete', async () => {
    const stop = new AbortController();
    const log = new MemoryTrialLog();
    const objective: Objective = async (tasks) => {
      if (log.trials.length === 16) stop.abort();
      return answer(() => 1)(tasks);
    };
    const tuner = new HyperparameterTuner(options({ space: KNOWN.bowl!.space, log, objective, signal: stop.signal }));
    await expect(tuner.run(80)).rejects.toMatchObject({ name: 'AbortError' });
    expect(log.trials).toHaveLength(24);
  });
});

describe('parseSearchSpace', () => {
  it.each([
    ['low above high', { a: { low: 2, high: 1 } }],
    ['a logarithm of 0', { a: { low: 0, high: 1, scale: 'log' } }],
    ['half an integer', { a: { low: 0.5, high: 3, integer: true } }],
    ['one choice', { a: { choices: [1] } }],
    ['an unknown key', { a: { low: 0, high: 1, step: 2 } }],
    ['nothing', {}],
  ])('refuses %s', (_what, parameters) => {
    expect(() => space(parameters)).toThrow(expect.objectContaining({ code: 'tuning.space_invalid' }));
  });

  it('refuses a default outside its range', () => {
    const outside: ParameterValues = { a: 7 };
    expect(() => space({ a: { low: 0, high: 1 } }, outside)).toThrow(/defaults\.a/);
  });
});
