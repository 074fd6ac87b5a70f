import type { Matrix } from '../../domain/index.ts';
import { carry, secants } from '../explanation/secants.ts';
import type { LogisticFit } from '../linear/fit-logistic.ts';
import { type Artifact, fact, floats } from '../persistence/artifact.ts';
import { softmaxOf, softmaxRows } from '../trees/softmax.ts';
import { FittedModel } from './fitted-model.ts';
import type { SmoothModel } from './smooth-model.ts';

/** Fitted multinomial logistic regression. A missing value counts as the training mean. */
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
    const { means } = this.#fit;
    const known = (row: Float64Array, column: number) => (Number.isNaN(row[column]!) ? means[column]! : row[column]!);
    return this.slopes(from, to).map((slope, at) => {
      const column = Math.floor(at / this.classes);
      return slope * (known(to, column) - known(from, column));
    });
  }

  slopes(from: Float64Array, to: Float64Array): Float64Array {
    const { deviations, weights } = this.#fit;
    const { classes, columns } = this;
    const scoreSlopes = Float64Array.from(
      { length: columns * classes },
      (_, at) => weights[(at % classes) * (columns + 1) + Math.floor(at / classes)]! / deviations[Math.floor(at / classes)]!,
    );
    return carry(
      scoreSlopes,
      secants((z) => softmaxOf(z), this.#scoresOf(from), this.#scoresOf(to)),
      classes,
    );
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
        const standard = (value - means[column]!) / deviations[column]!;
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

  protected override toArtifact(): Artifact {
    const { means, deviations, weights } = this.#fit;
    return { kind: 'logistic', facts: { classes: this.classes, columns: this.columns }, arrays: { means, deviations, weights } };
  }
}
