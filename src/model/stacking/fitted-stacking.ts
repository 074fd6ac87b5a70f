import { type Matrix, ModelError } from '../../domain/index.ts';
import { applyCalibrator, CALIBRATOR_KINDS } from '../calibration/calibrator.ts';
import type { Calibration } from '../calibration/choose-calibration.ts';
import { shrinkToShares } from '../calibration/prior-shrinkage.ts';
import { FittedModel } from '../learners/fitted-model.ts';
import { readFitted } from '../learners/read-fitted.ts';
import { type Artifact, decodeArtifact, fact, floats, octets } from '../persistence/artifact.ts';
import { metaInput } from './meta-input.ts';

/** A fitted stack: base learners on all rows, a meta-classifier over their probabilities, then calibration. */
export class FittedStacking extends FittedModel {
  readonly names: readonly string[];
  readonly calibration: Calibration;
  readonly #bases: readonly FittedModel[];
  readonly #meta: FittedModel;

  constructor(columns: number, bases: Readonly<Record<string, FittedModel>>, meta: FittedModel, calibration: Calibration) {
    super(meta.classes, columns);
    this.names = Object.keys(bases);
    this.#bases = Object.values(bases);
    this.#meta = meta;
    this.calibration = calibration;
  }

  /** @throws ModelError `learner.unreadable` */
  static fromBytes(bytes: Uint8Array): FittedStacking {
    const artifact = decodeArtifact(bytes);
    const bases = Object.keys(artifact.arrays)
      .filter((name) => name.startsWith('base:'))
      .map((name) => [name.slice(5), readFitted(octets(artifact, name))]);
    const kind = CALIBRATOR_KINDS[fact(artifact, 'calibrator')];
    if (kind === undefined) {
      throw new ModelError('learner.unreadable', 'the stored model has a calibrator of an unknown kind', {
        hint: 'Train a new model.',
      });
    }
    return new FittedStacking(fact(artifact, 'columns'), Object.fromEntries(bases), readFitted(octets(artifact, 'meta')), {
      calibrator: { kind, numbers: floats(artifact, 'calibration') },
      weight: fact(artifact, 'weight'),
      shares: floats(artifact, 'shares'),
    });
  }

  /** Probabilities of each base learner by name, as the meta-classifier sees them. */
  predictBases(X: Matrix): Record<string, Float64Array> {
    return Object.fromEntries(this.#bases.map((base, i) => [this.names[i]!, base.predictProba(X)]));
  }

  protected override predictInto(X: Matrix, into: Float64Array): void {
    const { calibrator, weight, shares } = this.calibration;
    const bases = this.#bases.map((base) => base.predictProba(X));
    const raw = this.#meta.predictProba(metaInput(bases, X.rows, this.classes));
    const calibrated = applyCalibrator(calibrator, raw, this.classes);
    into.set(weight === 1 ? calibrated : shrinkToShares(calibrated, shares, weight));
  }

  protected override rawImportance(): Float64Array {
    const mean = new Float64Array(this.columns);
    for (const base of this.#bases)
      base.featureImportance().forEach((value, column) => {
        mean[column]! += value;
      });
    return mean;
  }

  protected override toArtifact(): Artifact {
    const { calibrator, weight, shares } = this.calibration;
    const bases = this.#bases.map((base, i) => [`base:${this.names[i]}`, base.toBytes()]);
    return {
      kind: 'stacking',
      facts: { columns: this.columns, calibrator: CALIBRATOR_KINDS.indexOf(calibrator.kind), weight },
      arrays: { calibration: calibrator.numbers, shares, ...Object.fromEntries(bases), meta: this.#meta.toBytes() },
    };
  }
}
