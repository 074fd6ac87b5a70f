import { type Matrix, ModelError } from '../../domain/index.ts';
import { applyCalibrator, CALIBRATOR_KINDS } from '../calibration/calibrator.ts';
import type { Calibration } from '../calibration/choose-calibration.ts';
import { shrinkToShares } from '../calibration/prior-shrinkage.ts';
import { carry, secants } from '../explanation/secants.ts';
import { FittedModel } from '../learners/fitted-model.ts';
import { readFitted } from '../learners/read-fitted.ts';
import { isSmooth } from '../learners/smooth-model.ts';
import { type Artifact, decodeArtifact, fact, floats, octets, texts } from '../persistence/artifact.ts';
import { columnOf, metaInput } from './meta-input.ts';

export interface StackingParts {
  /** Number of features. */
  readonly columns: number;
  readonly bases: Readonly<Record<string, FittedModel>>;
  readonly meta: FittedModel;
  readonly calibration: Calibration;
  /** Features that the meta-classifier sees besides the probabilities. */
  readonly passThrough: readonly number[];
  /** Why base learners were left out, a sentence each. */
  readonly dropped: readonly string[];
}

/** A fitted stack: base learners on all rows, a meta-classifier over their probabilities, then calibration. */
export class FittedStacking extends FittedModel {
  readonly names: readonly string[];
  readonly calibration: Calibration;
  readonly dropped: readonly string[];
  readonly passThrough: readonly number[];
  readonly #bases: readonly FittedModel[];
  readonly #meta: FittedModel;

  constructor({ columns, bases, meta, calibration, passThrough, dropped }: StackingParts) {
    super(meta.classes, columns);
    this.dropped = dropped;
    this.passThrough = passThrough;
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
    return new FittedStacking({
      columns: fact(artifact, 'columns'),
      bases: Object.fromEntries(bases),
      meta: readFitted(octets(artifact, 'meta')),
      calibration: {
        calibrator: { kind, numbers: floats(artifact, 'calibration') },
        weight: fact(artifact, 'weight'),
        shares: floats(artifact, 'shares'),
      },
      passThrough: 'passThrough' in artifact.arrays ? [...floats(artifact, 'passThrough')] : [],
      dropped: texts(artifact, 'dropped'),
    });
  }

  /** Probabilities of each base learner by name, as the meta-classifier sees them. */
  predictBases(X: Matrix): Record<string, Float64Array> {
    return Object.fromEntries(this.#bases.map((base, i) => [this.names[i]!, base.predictProba(X)]));
  }

  /**
   * Carried on from the base learners through the meta-classifier and the calibration.
   * @throws ModelError `explanation.not_smooth` where the meta-classifier is made of trees
   */
  override contributions(from: Float64Array, to: Float64Array): Float64Array {
    const { classes, columns } = this;
    const meta = this.#meta;
    if (!isSmooth(meta)) {
      throw new ModelError('explanation.not_smooth', 'contributions cannot be carried through a meta-classifier of trees', {
        hint: 'Use the pool or the logistic meta-classifier.',
      });
    }
    const [before, after] = [this.#metaInput(rowOf(from)), this.#metaInput(rowOf(to))];
    const slopes = meta.slopes(before.data, after.data);
    const moved = new Float64Array(columns * classes);
    this.#bases.forEach((base, i) => {
      const own = slopes.subarray(i * classes * classes, (i + 1) * classes * classes);
      carry(base.contributions(from, to), own, classes).forEach((value, at) => {
        moved[at]! += value;
      });
    });
    const direct = meta.contributions(before.data, after.data).subarray(this.#bases.length * classes * classes);
    direct.forEach((value, at) => {
      moved[this.passThrough[Math.floor(at / classes)]! * classes + (at % classes)]! += value;
    });
    const [raw, rawAfter] = [meta.predictProba(before), meta.predictProba(after)];
    return carry(
      moved,
      secants((z) => this.#calibrated(z), raw, rawAfter),
      classes,
    );
  }

  protected override predictInto(X: Matrix, into: Float64Array): void {
    into.set(this.#calibrated(this.#meta.predictProba(this.#metaInput(X))));
  }

  #metaInput(X: Matrix): Matrix {
    const bases = this.#bases.map((base) => base.predictProba(X));
    return metaInput(
      bases,
      X.rows,
      this.classes,
      this.passThrough.map((column) => columnOf(X, column)),
    );
  }

  #calibrated(raw: Float64Array): Float64Array {
    const { calibrator, weight, shares } = this.calibration;
    const calibrated = applyCalibrator(calibrator, raw, this.classes);
    return weight === 1 ? calibrated : shrinkToShares(calibrated, shares, weight);
  }

  protected override rawImportance(): Float64Array {
    const mean = new Float64Array(this.columns);
    for (const base of this.#bases)
      base.featureImportance().forEach((value, column) => {
        mean[column]! += value;
      });
    return mean;
  }

  override toArtifact(): Artifact {
    const { calibrator, weight, shares } = this.calibration;
    const bases = this.#bases.map((base, i) => [`base:${this.names[i]}`, base.toBytes()]);
    return {
      kind: 'stacking',
      facts: {
        ...{ columns: this.columns, calibrator: CALIBRATOR_KINDS.indexOf(calibrator.kind), weight },
        ...(this.dropped.length > 0 && { dropped: this.dropped }),
      },
      arrays: {
        ...{ calibration: calibrator.numbers, shares, ...Object.fromEntries(bases), meta: this.#meta.toBytes() },
        ...(this.passThrough.length > 0 && { passThrough: Float64Array.from(this.passThrough) }),
      },
    };
  }
}

const rowOf = (row: Float64Array): Matrix => ({ data: row, rows: 1, columns: row.length });
