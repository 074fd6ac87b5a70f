import { describe, expect, it } from 'vitest';
import { describeLearner } from './learner.contract.ts';
import { LinearPool } from './linear-pool.ts';

describeLearner('LinearPool', () => new LinearPool({ priorRows: 5 }), { input: 'probabilities', weightsRepeat: 9 });

describe('what LinearPool refuses', () => {
  const said = (data: number[]) => ({ data: Float64Array.from(data), rows: data.length / 6, columns: 6 });
  const sound = [0.2, 0.3, 0.5, 0.4, 0.4, 0.2];

  it.each([Number.NaN, -0.1, 1.1])('a probability of %f', async (value) => {
    const fitting = new LinearPool().fit(said([...sound, ...sound.with(4, value)]), Uint8Array.of(0, 1));
    await expect(fitting).rejects.toMatchObject({ code: 'learner.not_probabilities', details: { row: 1, column: 4 } });
  });

  it('columns that are not one block of classes for each forecaster', async () => {
    const fitting = new LinearPool().fit({ data: Float64Array.from(sound), rows: 1, columns: 6 }, Uint8Array.of(0), {
      classes: 4,
    });
    await expect(fitting).rejects.toMatchObject({ code: 'learner.not_probabilities' });
  });

  it('to mix where a forecaster said nothing', async () => {
    const pool = await new LinearPool().fit(said([...sound, ...sound]), Uint8Array.of(0, 1));
    expect(() => pool.predictProba(said([...sound, ...sound.with(1, Number.NaN)]))).toThrow(
      expect.objectContaining({ name: 'ModelError', code: 'learner.not_probabilities', details: { row: 1 } }),
    );
  });
});
