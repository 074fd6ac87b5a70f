import { uncalibrated } from '../calibration/choose-calibration.ts';
import { EnsembleModel } from '../ensemble-model.ts';
import { FittedPool } from '../learners/fitted-pool.ts';
import { FittedStacking } from '../stacking/fitted-stacking.ts';
import type { ImportedBoosting } from './read-lightgbm.ts';

/** A model that was trained elsewhere as an ensemble of one, which says what it said there: nothing calibrates it. */
export function importEnsemble(
  { boosting, featureNames }: ImportedBoosting,
  shares: readonly [number, number, number],
): EnsembleModel {
  const stack = new FittedStacking({
    columns: boosting.columns,
    bases: { lightgbm: boosting },
    meta: new FittedPool(boosting.classes, Float64Array.of(1)),
    calibration: uncalibrated(Float64Array.from(shares), 1),
    passThrough: [],
    dropped: [],
  });
  return new EnsembleModel(featureNames, shares, stack);
}
