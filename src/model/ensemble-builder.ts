import { createHash } from 'node:crypto';
import { BUY, HOLD, SELL } from '../domain/index.ts';
import { LinearPool, LogisticRegression, type MonotoneConstraints, StackingClassifier } from './learners/index.ts';
import type { LearnerSpec } from './learners/learner-spec.ts';
import type { PluginRef } from './plugins/learner-plugin.ts';
import { PluginLearner } from './plugins/plugin-learner.ts';
import type { WeightPolicy } from './sample-weights.ts';
import { learnerOfParameters, type ParameterValues, type TunedLearner } from './tuning/index.ts';

/** How an ensemble is made: everything that, with the data, determines the artifact byte for byte. */
export interface Procedure {
  /** Boosting rounds, and trees of each forest. */
  readonly trees: number;
  readonly folds: number;
  /** Rows between training and scored rows whose labels would overlap. */
  readonly purgeRows: number;
  readonly seed: number;
  /** Settings of base learners that differ from the shipped ones. */
  readonly learners?: Readonly<Partial<Record<TunedLearner, ParameterValues>>> | undefined;
  readonly weights?: WeightPolicy | undefined;
  /** What combines the base learners; a linear pool unless told. */
  readonly meta?: 'pool' | 'logistic' | undefined;
  /** Features that a logistic meta-classifier sees besides the probabilities, where the window has them. */
  readonly passThrough?: readonly string[] | undefined;
  /** Features that boosted trees may only hold for BUY, or for SELL, the higher they are. */
  readonly monotone?: Readonly<Record<string, 'buy' | 'sell'>> | undefined;
  /** Learners of one's own beside the shipped ones. */
  readonly plugins?: readonly { readonly ref: PluginRef; readonly settings: Readonly<Record<string, unknown>> }[] | undefined;
  /** Whether base learners without which the stack is no worse out of fold are left out. */
  readonly dropsUnhelpful?: boolean | undefined;
}

/** Raised whenever the same procedure would give another artifact than before. */
const PROCEDURE_VERSION = 6;
/** A year of days fills no more; fewer bins are quicker and generalise as well. */
const MAX_BINS = 31;
/** Columns that each boosted tree may look at: trees that differ are worth more together. */
const COLUMN_SAMPLE = 0.25;

export function procedureHash({ trees, folds, purgeRows, seed, plugins, ...options }: Procedure): string {
  const identities = plugins?.map(({ ref: { name, sha256 }, settings }) => [name, sha256, settings]);
  const said = Object.entries({ ...options, plugins: identities })
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const parts = [PROCEDURE_VERSION, trees, folds, purgeRows, seed, ...(said.length > 0 ? [said] : [])];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}

/**
 * The stacking ensemble of the procedure, not yet fitted: boosting, two forests and a linear model, combined by a
 * linear pool fitted on out-of-fold predictions in time order, then calibrated.
 * @param names of the training columns, among which the features to pass through are found
 */
export function buildEnsemble(procedure: Procedure, names: readonly string[], threads: number): StackingClassifier {
  const {
    trees,
    folds,
    purgeRows,
    seed,
    learners = {},
    meta = 'pool',
    passThrough = [],
    dropsUnhelpful = false,
    plugins = [],
  } = procedure;
  const monotone = procedure.monotone && directionsOf(procedure.monotone, names);
  const stopsEarly = learners['gradient-boosted-trees']?.earlyStoppingRounds !== undefined;
  const learner = (kind: TunedLearner, shipped: ParameterValues) =>
    learnerOfParameters(kind, { ...shipped, ...learners[kind] }, monotone);
  return new StackingClassifier({
    base: {
      boosting: learner('gradient-boosted-trees', {
        ...{ rounds: trees, learningRate: 0.03, maxLeaves: 7, minLeafSamples: 20 },
        ...{ maxBins: MAX_BINS, columnSample: COLUMN_SAMPLE, seed },
        ...(stopsEarly && { earlyStoppingPurge: purgeRows }),
      }),
      forest: learner('random-forest', { trees, minLeafSamples: 5, maxBins: MAX_BINS, seed: seed + 1 }),
      extraTrees: learner('extra-trees', { trees, minLeafSamples: 5, seed: seed + 2 }),
      linear: learner('logistic-regression', { l2: 100 }),
      ...Object.fromEntries(plugins.map(({ ref, settings }) => [ref.name, new PluginLearner(ref, settings)])),
    },
    meta: meta === 'pool' ? new LinearPool({ priorRows: 10 }) : new LogisticRegression({ l2: 100 }),
    folds,
    scheme: 'forward',
    purge: purgeRows,
    embargo: 0,
    passThrough: passThrough.map((name) => names.indexOf(name)).filter((column) => column >= 0),
    dropsUnhelpful,
    threads,
  });
}

/** Every learner of an ensemble with its settings as they take effect: as configured, as searched, or as shipped. */
export interface EnsembleSpecs {
  readonly base: Readonly<Record<string, LearnerSpec>>;
  readonly meta: LearnerSpec;
}

/** What `buildEnsemble` builds of the procedure, as plain data. @param names of the training columns */
export const ensembleSpecs = (procedure: Procedure, names: readonly string[]): EnsembleSpecs =>
  buildEnsemble(procedure, names, 1).specs;

/** The favoured class's score may not fall and the others' may not rise, so that its probability does not fall. */
function directionsOf(favours: NonNullable<Procedure['monotone']>, names: readonly string[]): MonotoneConstraints {
  const towards = (label: 'buy' | 'sell' | 'hold') =>
    names.map((name) => (favours[name] === undefined ? 0 : favours[name] === label ? 1 : -1));
  return { [BUY]: towards('buy'), [SELL]: towards('sell'), [HOLD]: towards('hold') };
}
