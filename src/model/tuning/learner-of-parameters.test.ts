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

it('stops boosting early where its rounds are set', () => {
  const stoppingOf = (values: Record<string, number>) => {
    const { spec } = learnerOfParameters('gradient-boosted-trees', values);
    return spec.kind === 'boosting' && spec.growth.earlyStopping;
  };
  expect(stoppingOf({ rounds: 50 })).toBeNull();
  expect(stoppingOf({ rounds: 50, earlyStoppingRounds: 5 })).toEqual({ rounds: 5, share: 0.2, purge: 0 });
  expect(stoppingOf({ earlyStoppingRounds: 5, earlyStoppingShare: 0.3, earlyStoppingPurge: 2 })).toEqual({
    rounds: 5,
    share: 0.3,
    purge: 2,
  });
});
