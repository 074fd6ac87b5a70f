import type { Matrix } from '../../domain/index.ts';
import { shrinkToShares } from '../calibration/prior-shrinkage.ts';
import { applyTemperature } from '../calibration/temperature.ts';
import { FittedModel } from '../learners/fitted-model.ts';
import { readFitted } from '../learners/read-fitted.ts';
import { type Artifact, decodeArtifact, fact, floats, octets } from '../persistence/artifact.ts';
import { metaInput } from './meta-input.ts';

/** What is done to the meta-classifier's probabilities before they are given out. */
export interface StackCalibration {
  readonly temperature: number;
  /** How much of the prediction is kept; the rest is `shares`. 0 where nothing was found. */
  readonly weight: number;
  readonly shares: Float64Array;
}

/** A fitted stack: base learners on all rows, a meta-classifier over their probabilities, then calibration. */
export class FittedStacking extends FittedModel {
  readonly names: readonly string[];
  readonly calibration: StackCalibration;
  readonly #bases: readonly FittedModel[];
  readonly #meta: FittedModel;

  constructor(columns: number, bases: Readonly<Record<string, FittedModel>>, meta: FittedModel, calibration: StackCalibration) {
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
    return new FittedStacking(fact(artifact, 'columns'), Object.fromEntries(bases), readFitted(octets(artifact, 'meta')), {
      temperature: fact(artifact, 'temperature'),
      weight: fact(artifact, 'weight'),
      shares: floats(artifact, 'shares'),
    });
  }

  /** Probabilities of each base learner by name, as the meta-classifier sees them. */
  predictBases(X: Matrix): Record<string, Float64Array> {
    return Object.fromEntries(this.#bases.map((base, i) => [this.names[i]!, base.predictProba(X)]));
  }

  protected override predictInto(X: Matrix, into: Float64Array): void {
    const { temperature, weight, shares } = this.calibration;
    const bases = this.#bases.map((base) => base.predictProba(X));
    const raw = this.#meta.predictProba(metaInput(bases, X.rows, this.classes));
    const tempered = temperature === 1 ? raw : applyTemperature(raw, this.classes, temperature);
    into.set(weight === 1 ? tempered : shrinkToShares(tempered, shares, weight));
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
    const { temperature, weight, shares } = this.calibration;
    const bases = this.#bases.map((base, i) => [`base:${this.names[i]}`, base.toBytes()]);
    return {
      kind: 'stacking',
      facts: { columns: this.columns, temperature, weight },
      arrays: { shares, ...Object.fromEntries(bases), meta: this.#meta.toBytes() },
    };
  }
}
