import { describe, expect, it } from 'vitest';
import { describeLearner } from './learner.contract.ts';
import { LogisticRegression } from './logistic-regression.ts';

describeLearner('LogisticRegression', () => new LogisticRegression({ l2: 1 }), { weightsRepeat: 4 });
describeLearner('LogisticRegression with an elastic net', () => new LogisticRegression({ l2: 2, l1Ratio: 0.5 }), {
  weightsRepeat: 4,
});

describe('LogisticRegression', () => {
  it.each([{ l2: -1 }, { l2: Number.POSITIVE_INFINITY }, { l1Ratio: -0.1 }, { l1Ratio: 1.1 }, { l1Ratio: Number.NaN }])(
    'refuses %o',
    (options) => {
      expect(() => new LogisticRegression(options)).toThrow(expect.objectContaining({ code: 'learner.bad_setting' }));
    },
  );
});
