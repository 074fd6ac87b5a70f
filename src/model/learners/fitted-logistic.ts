import type { Matrix } from '../../domain/index.ts';
import { carry, secants } from '../explanation/secants.ts';
import type { LogisticFit } from '../linear/fit-logistic.ts';
import { standardValue } from '../linear/standardise.ts';
import { type Artifact, fact, floats } from '../persistence/artifact.ts';
import { softmaxOf, softmaxRows } from '../trees/softmax.ts';
import { FittedModel } from './fitted-model.ts';
import type { SmoothModel } from './smooth-model.ts';

/** Fitted multinomial logistic regression. A missing value counts as the training mean, one that is far out as `FARTHEST_DEVIATIONS`. */
export class FittedLogistic extends FittedModel implements SmoothModel {
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
    this.#scoresInto(X, into);
    softmaxRows(into, this.classes, into);
  }

  override contributions(from: Float64Array, to: Float64Array): Float64Array {
    return this.#moved(from, to, (column) => this.#standard(to, column) - this.#standard(from, column));
  }

  slopes(from: Float64Array, to: Float64Array): Float64Array {
    const { deviations } = this.#fit;
    return this.#moved(from, to, (column) => 1 / deviations[column]!);
  }

  /** What each column moves the probabilities by where it moves its standardised value by so much: columns x classes. */
  #moved(from: Float64Array, to: Float64Array, byDeviations: (column: number) => number): Float64Array {
    const { weights } = this.#fit;
    const { classes, columns } = this;
    const scores = Float64Array.from({ length: columns * classes }, (_, at) => {
      const column = Math.floor(at / classes);
      return weights[(at % classes) * (columns + 1) + column]! * byDeviations(column);
    });
    return carry(
      scores,
      secants((z) => softmaxOf(z), this.#scoresOf(from), this.#scoresOf(to)),
      classes,
    );
  }

  #standard(row: Float64Array, column: number): number {
    const { means, deviations } = this.#fit;
    const value = row[column]!;
    return Number.isNaN(value) ? 0 : standardValue(value, means[column]!, deviations[column]!);
  }

  #scoresOf(row: Float64Array): Float64Array {
    const scores = new Float64Array(this.classes);
    this.#scoresInto({ data: row, rows: 1, columns: this.columns }, scores);
    return scores;
  }

  #scoresInto(X: Matrix, into: Float64Array): void {
    const { means, deviations, weights } = this.#fit;
    const { classes, columns } = this;
    const width = columns + 1;
    for (let row = 0; row < X.rows; row++) {
      const to = row * classes;
      for (let k = 0; k < classes; k++) into[to + k] = weights[k * width + columns]!;
      for (let column = 0; column < columns; column++) {
        const value = X.data[row * columns + column]!;
        if (Number.isNaN(value)) continue;
        const standard = standardValue(value, means[column]!, deviations[column]!);
        for (let k = 0; k < classes; k++) into[to + k]! += standard * weights[k * width + column]!;
      }
    }
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

  override toArtifact(): Artifact {
    const { means, deviations, weights } = this.#fit;
    return { kind: 'logistic', facts: { classes: this.classes, columns: this.columns }, arrays: { means, deviations, weights } };
  }
}
