import { expect, it } from 'vitest';
import { learnerOfParameters } from './learner-of-parameters.ts';

it('sets both numbers of the elastic net', () => {
  expect(learnerOfParameters('logistic-regression', { l2: 3, l1Ratio: 0.4 }).spec).toEqual({
    kind: 'logistic',
    penalty: { l2: 3, l1Ratio: 0.4 },
  });
});

it('refuses a setting that a learner does not have, and says which it has', () => {
  expect(() => learnerOfParameters('logistic-regression', { rounds: 3 })).toThrow(
    expect.objectContaining({ code: 'tuning.unknown_setting', hint: 'It has l2, l1Ratio.' }),
  );
});
