import { type Matrix, ModelError } from '../../domain/index.ts';
import { type Artifact, fact, floats } from '../persistence/artifact.ts';
import { FittedModel } from './fitted-model.ts';
import type { SmoothModel } from './smooth-model.ts';

/** A weighted mean of the forecasters' probabilities. */
export class FittedPool extends FittedModel implements SmoothModel {
  /** One per forecaster, not negative, summing to 1. */
  readonly weights: Float64Array;

  constructor(classes: number, weights: Float64Array) {
    super(classes, classes * weights.length);
    this.weights = weights;
  }

  static fromArtifact(artifact: Artifact): FittedPool {
    return new FittedPool(fact(artifact, 'classes'), floats(artifact, 'weights'));
  }

  override contributions(from: Float64Array, to: Float64Array): Float64Array {
    return this.slopes().map((slope, at) => {
      const column = Math.floor(at / this.classes);
      return slope === 0 ? 0 : slope * (to[column]! - from[column]!);
    });
  }

  slopes(): Float64Array {
    const { classes, columns, weights } = this;
    const slopes = new Float64Array(columns * classes);
    for (let column = 0; column < columns; column++)
      slopes[column * classes + (column % classes)] = weights[Math.floor(column / classes)]!;
    return slopes;
  }

  /** @throws ModelError `learner.not_probabilities` where a forecaster said nothing */
  protected override predictInto({ data, rows }: Matrix, into: Float64Array): void {
    const { classes, columns, weights } = this;
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        into[row * classes + (column % classes)]! += weights[Math.floor(column / classes)]! * data[row * columns + column]!;
      }
    }
    const missing = into.findIndex(Number.isNaN);
    if (missing < 0) return;
    const row = Math.floor(missing / classes);
    throw new ModelError('learner.not_probabilities', `row ${row} lacks a probability of a forecaster`, { details: { row } });
  }

  protected override rawImportance(): Float64Array {
    return Float64Array.from({ length: this.columns }, (_, column) => this.weights[Math.floor(column / this.classes)]!);
  }

  override toArtifact(): Artifact {
    return { kind: 'pool', facts: { classes: this.classes }, arrays: { weights: this.weights } };
  }
}
