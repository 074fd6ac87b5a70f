import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createRng, normal } from '../../domain/index.ts';
import { HyperparameterTuner } from './hyperparameter-tuner.ts';
import { learnerOfParameters } from './learner-of-parameters.ts';
import { parseSearchSpace } from './search-space.ts';
import { type FoldScore, MemoryTrialLog } from './trial.ts';
import { WalkForwardObjective } from './walk-forward-objective.ts';

const folder = new URL('./search-spaces/', import.meta.url);
const shipped = readdirSync(folder).map((file) => {
  const document: unknown = parse(readFileSync(new URL(file, folder), 'utf8'));
  return { file, space: parseSearchSpace(document, file) };
});

function rows(count: number, strength: number) {
  const rng = createRng(9);
  const data = Float64Array.from({ length: count * 5 }, () => normal(rng));
  const y = Uint8Array.from({ length: count }, (_, row) => {
    const score = strength * data[row * 5]! + normal(rng);
    return score > 0.5 ? 0 : score < -0.5 ? 1 : 2;
  });
  return { X: { data, rows: count, columns: 5 }, y };
}
const { X, y } = rows(160, 1.5);
const options = { folds: 4, purge: 1, classes: 3, threads: 1 };

describe.each(shipped)('the shipped search space $file', ({ file, space }) => {
  it('is of the learner that it is named after, and begins with settings that can be fitted', async () => {
    expect(`${space.learner}.yaml`).toBe(file);
    const values = { ...space.fixed, ...space.defaults };
    expect(Object.keys(space.defaults).sort()).toEqual(Object.keys(space.parameters).sort());
    const fitted = await learnerOfParameters(space.learner, {
      ...values,
      ...(values.trees && { trees: 5 }),
      ...(values.rounds && { rounds: 5 }),
    }).fit(X, y);
    expect(fitted.predictProba(X)).toHaveLength(480);
  });
});

describe('WalkForwardObjective', () => {
  const { space } = shipped.find(({ file }) => file === 'logistic-regression.yaml')!;

  it('scores each fold from the rows before it, against the class shares of those', async () => {
    const objective = new WalkForwardObjective(space, X, y, options);
    const scores = await objective.score([0, 1, 2, 3].map((fold) => ({ params: { l2: 1 }, fold })));
    expect(scores.map(({ fold, rows: n }) => [fold, n])).toEqual([0, 1, 2, 3].map((fold) => [fold, 20]));
    for (const { loss, baseline } of scores) expect(loss).toBeLessThan(baseline);
    const later = { ...X, data: X.data.map((value, at) => (at >= 100 * 5 ? -value : value)) };
    const changed = await new WalkForwardObjective(space, later, y, options).score([{ params: { l2: 1 }, fold: 0 }]);
    expect(changed[0]).toEqual(scores[0]);
  });

  it.each([1, 2])(
    'tells each score as soon as it is there, on %i threads, and has been heard when it returns',
    async (threads) => {
      const objective = new WalkForwardObjective(space, X, y, { ...options, threads });
      const told: [number, FoldScore][] = [];
      const scores = await objective.score(
        [0, 1, 2, 3].map((fold) => ({ params: { l2: 1 }, fold })),
        async (at, score) => {
          await new Promise((heard) => setImmediate(heard));
          told.push([at, score]);
        },
      );
      expect(told.sort(([a], [b]) => a - b)).toEqual([...scores.entries()]);
    },
  );

  it('fits no further fold once it is told to stop, and a study goes on from the scores that it kept', async () => {
    const stop = new AbortController();
    const log = new MemoryTrialLog();
    const run = (signal: AbortSignal | undefined, onScore: () => void) => {
      const objective = new WalkForwardObjective(space, X, y, { ...options, signal });
      return new HyperparameterTuner({
        ...{ space, seed: 1, folds: 4, batchSize: 8, patience: 5, log },
        objective: (tasks, onAnswer) =>
          objective.score(tasks, async (at, score) => {
            await onAnswer(at, score);
            onScore();
          }),
      }).run(8);
    };
    let scores = 0;
    const stopped = run(stop.signal, () => {
      scores += 1;
      if (scores === 3) stop.abort();
    });
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
    expect(scores).toBe(3);
    expect(log.trials).toHaveLength(0);
    await run(undefined, () => {
      scores += 1;
    });
    // Every trial sees one fold, four of them a second, two of those all four.
    expect(scores).toBe(8 + 4 + 2 * 2);
    expect(log.trials).toHaveLength(8);
  });

  it('predicts every row of the later half once', async () => {
    const predictions = await new WalkForwardObjective(space, X, y, options).predictions({ l2: 1 });
    expect(predictions.map(({ row }) => row)).toEqual(Array.from({ length: 80 }, (_, i) => 80 + i));
    for (const { probabilities } of predictions) expect(probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 9);
  });

  it('makes the same study with one thread and two', async () => {
    const study = async (threads: number) => {
      const objective = new WalkForwardObjective(space, X, y, { ...options, threads });
      const log = new MemoryTrialLog();
      await new HyperparameterTuner({
        ...{ space, seed: 1, folds: 4, batchSize: 8, patience: 5, log },
        objective: (tasks) => objective.score(tasks),
      }).run(16);
      return log.trials;
    };
    expect(await study(2)).toEqual(await study(1));
  });

  it('knows its data by every number, and refuses windows that are too short', () => {
    const own = new WalkForwardObjective(space, X, y, options).fingerprint;
    const changed = { ...X, data: X.data.map((value, at) => (at === 7 ? value + 1e-9 : value)) };
    expect(new WalkForwardObjective(space, X, y, options).fingerprint).toBe(own);
    expect(new WalkForwardObjective(space, changed, y, options).fingerprint).not.toBe(own);
    const few = rows(4, 1);
    expect(() => new WalkForwardObjective(space, few.X, few.y, options)).toThrow(
      expect.objectContaining({ code: 'learner.too_few_rows' }),
    );
  });

  it('refuses settings that the learner does not have', () => {
    expect(() => learnerOfParameters('logistic-regression', { l1: 2 })).toThrow(
      expect.objectContaining({ code: 'tuning.unknown_setting' }),
    );
    expect(() => learnerOfParameters('random-forest', { trees: 'many' })).toThrow(
      expect.objectContaining({ code: 'tuning.unknown_setting' }),
    );
  });
});
