import type { Matrix } from '../../domain/index.ts';
import type { LogisticFit } from '../linear/fit-logistic.ts';
import { type Artifact, fact, floats } from '../persistence/artifact.ts';
import { softmaxRows } from '../trees/softmax.ts';
import { FittedModel } from './fitted-model.ts';

/** Fitted multinomial logistic regression. A missing value counts as the training mean. */
export class FittedLogistic extends FittedModel {
  readonly #fit: LogisticFit;

  constructor(classes: number, columns: number, fit: LogisticFit) {
    super(classes, columns);
    this.#fit = fit;
  }

  static fromArtifact(artifact: Artifact): FittedLogistic {
    return new FittedLogistic(fact(artifact, 'classes'), fact(artifact, 'columns'), {
      means: floats(artifact, 'means'),
      deviations: floats(artifact, 'deviations'),
      weights: floats(artifact, 'weights'),
    });
  }

  protected override predictInto(X: Matrix, into: Float64Array): void {
    const { means, deviations, weights } = this.#fit;
    const { classes, columns } = this;
    const width = columns + 1;
    for (let row = 0; row < X.rows; row++) {
      const to = row * classes;
      for (let k = 0; k < classes; k++) into[to + k] = weights[k * width + columns]!;
      for (let column = 0; column < columns; column++) {
        const value = X.data[row * columns + column]!;
        if (Number.isNaN(value)) continue;
        const standard = (value - means[column]!) / deviations[column]!;
        for (let k = 0; k < classes; k++) into[to + k]! += standard * weights[k * width + column]!;
      }
    }
    softmaxRows(into, classes, into);
  }

  /** Sum over classes of the absolute standardised weights. */
  protected override rawImportance(): Float64Array {
    const width = this.columns + 1;
    return Float64Array.from({ length: this.columns }, (_, column) => {
      let sum = 0;
      for (let k = 0; k < this.classes; k++) sum += Math.abs(this.#fit.weights[k * width + column]!);
      return sum;
    });
  }

  protected override toArtifact(): Artifact {
    const { means, deviations, weights } = this.#fit;
    return { kind: 'logistic', facts: { classes: this.classes, columns: this.columns }, arrays: { means, deviations, weights } };
  }
}
