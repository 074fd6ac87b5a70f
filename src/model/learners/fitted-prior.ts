import type { Matrix } from '../../domain/index.ts';
import { type Artifact, fact, floats } from '../persistence/artifact.ts';
import { FittedModel } from './fitted-model.ts';

/** Says the class shares of the training rows, whatever the input. */
export class FittedPrior extends FittedModel {
  readonly #shares: Float64Array;

  constructor(columns: number, shares: Float64Array) {
    super(shares.length, columns);
    this.#shares = shares;
  }

  static fromArtifact(artifact: Artifact): FittedPrior {
    return new FittedPrior(fact(artifact, 'columns'), floats(artifact, 'shares'));
  }

  override contributions(): Float64Array {
    return new Float64Array(this.columns * this.classes);
  }

  protected override predictInto(_X: Matrix, into: Float64Array): void {
    for (let at = 0; at < into.length; at += this.classes) into.set(this.#shares, at);
  }

  protected override rawImportance(): Float64Array {
    return new Float64Array(this.columns);
  }

  override toArtifact(): Artifact {
    return { kind: 'prior', facts: { columns: this.columns }, arrays: { shares: this.#shares } };
  }
}
