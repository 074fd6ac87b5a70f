import { ModelError } from '../../domain/index.ts';
import { ExtraTrees } from '../learners/extra-trees.ts';
import { GradientBoostedTrees } from '../learners/gradient-boosted-trees.ts';
import type { Learner } from '../learners/learner.ts';
import { LogisticRegression } from '../learners/logistic-regression.ts';
import { RandomForest } from '../learners/random-forest.ts';
import type { MonotoneConstraints } from '../trees/monotone.ts';
import type { ParameterValues, TunedLearner } from './search-space.ts';

const FOREST = ['trees', 'minLeafSamples', 'maxDepth', 'columnSample', 'maxBins', 'seed'];
const SETTINGS: Readonly<Record<TunedLearner, readonly string[]>> = {
  'gradient-boosted-trees': [
    ...['rounds', 'learningRate', 'maxLeaves', 'maxDepth', 'minLeafSamples', 'maxBins'],
    ...['l2', 'minGain', 'columnSample', 'rowSample', 'seed'],
    ...['earlyStoppingRounds', 'earlyStoppingShare', 'earlyStoppingPurge'],
  ],
  'random-forest': FOREST,
  'extra-trees': FOREST,
  'logistic-regression': ['l2', 'l1Ratio'],
};

/**
 * The learner with these settings.
 * @param monotone directions that boosted trees are held to
 * @throws ModelError `tuning.unknown_setting`, `learner.bad_setting`
 */
export function learnerOfParameters(learner: TunedLearner, values: ParameterValues, monotone?: MonotoneConstraints): Learner {
  const settings: Record<string, number> = {};
  for (const [name, value] of Object.entries(values)) {
    if (!SETTINGS[learner].includes(name) || typeof value !== 'number') {
      throw new ModelError('tuning.unknown_setting', `${learner} has no setting ${name} that can be ${value}`, {
        hint: `It has ${SETTINGS[learner].join(', ')}.`,
        details: { learner, name },
      });
    }
    settings[name] = value;
  }
  switch (learner) {
    case 'gradient-boosted-trees':
      return boostedTrees(settings, monotone);
    case 'random-forest':
      return new RandomForest(settings);
    case 'extra-trees':
      return new ExtraTrees(settings);
    case 'logistic-regression':
      return new LogisticRegression(settings);
  }
}

/** Early stopping is on where its rounds are set; what else is said of it without them has no effect. */
function boostedTrees(
  settings: Readonly<Record<string, number>>,
  monotone: MonotoneConstraints | undefined,
): GradientBoostedTrees {
  const { earlyStoppingRounds: rounds, earlyStoppingShare: share, earlyStoppingPurge: purge, ...others } = settings;
  return new GradientBoostedTrees({
    ...others,
    ...(rounds !== undefined && {
      earlyStopping: { rounds, ...(share !== undefined && { share }), ...(purge !== undefined && { purge }) },
    }),
    ...(monotone && { monotone }),
  });
}
