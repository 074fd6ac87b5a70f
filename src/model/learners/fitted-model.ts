import type { Matrix } from '../../domain/index.ts';
import { type Artifact, encodeArtifact } from '../persistence/artifact.ts';
import { writeModelFile } from '../persistence/model-file.ts';
import type { FittedLearner } from './learner.ts';
import { checkPredictionInput } from './training-input.ts';

/** What all fitted learners share: a model says how one row is predicted and what it consists of. */
export abstract class FittedModel implements FittedLearner {
  readonly classes: number;
  readonly columns: number;

  constructor(classes: number, columns: number) {
    this.classes = classes;
    this.columns = columns;
  }

  predictProba(X: Matrix): Float64Array {
    checkPredictionInput(X, this.columns);
    const into = new Float64Array(X.rows * this.classes);
    if (X.rows > 0) this.predictInto(X, into);
    return into;
  }

  featureImportance(): Float64Array {
    const importance = this.rawImportance();
    const total = importance.reduce((sum, value) => sum + value, 0);
    return total > 0 ? importance.map((value) => value / total) : importance;
  }

  toBytes(): Uint8Array {
    return encodeArtifact(this.toArtifact());
  }

  async save(path: string): Promise<void> {
    await writeModelFile(path, this.toBytes());
  }

  /**
   * How far each column moves each probability on the way from one row to another; the columns add up to the difference.
   * @param from a background row @param to the explained row @returns columns x classes
   */
  abstract contributions(from: Float64Array, to: Float64Array): Float64Array;

  protected abstract predictInto(X: Matrix, into: Float64Array): void;
  protected abstract rawImportance(): Float64Array;
  /** What is stored of it: its own arrays, not copies. */
  abstract toArtifact(): Artifact;
}
