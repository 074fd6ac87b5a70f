import { createHash } from 'node:crypto';
import { type Matrix, ModelError } from '../domain/index.ts';
import { FittedStacking } from './learners/index.ts';

const MAGIC = 'ETS-ENSEMBLE-1\n';

/**
 * A fitted ensemble with the names of its inputs, in order. It finds its columns by name, so it may be asked with a
 * wider feature table than it was trained on.
 */
export class EnsembleModel {
  readonly featureNames: readonly string[];
  readonly classShares: readonly [number, number, number];
  readonly #stack: FittedStacking;

  constructor(featureNames: readonly string[], classShares: readonly [number, number, number], stack: FittedStacking) {
    this.featureNames = featureNames;
    this.classShares = classShares;
    this.#stack = stack;
  }

  /** Probabilities of BUY, SELL, HOLD per row. @throws ModelError `model.feature_missing` where a column is not there */
  predictProba(features: Matrix): Float64Array {
    const at = new Map((features.names ?? []).map((name, i) => [name, i]));
    const columns = this.featureNames.map((name) => {
      const column = at.get(name);
      if (column === undefined) {
        throw new ModelError('model.feature_missing', `the model needs the feature ${name}, which this version does not make`, {
          hint: 'Train a new model with `ets train`.',
        });
      }
      return column;
    });
    const data = new Float64Array(features.rows * columns.length);
    for (let row = 0, to = 0; row < features.rows; row++) {
      for (const column of columns) data[to++] = features.data[row * features.columns + column]!;
    }
    return this.#stack.predictProba({ data, rows: features.rows, columns: columns.length });
  }

  /** Why base learners were left out, a sentence each. */
  get dropped(): readonly string[] {
    return this.#stack.dropped;
  }

  /** Mean importance of each feature over the base learners, in the order of `featureNames`; sums to 1. */
  featureImportance(): Float64Array {
    return this.#stack.featureImportance();
  }

  /**
   * How far each feature moves the probabilities between two rows of `featureNames`: features x classes.
   * @throws ModelError `explanation.not_smooth`
   */
  contributions(from: Float64Array, to: Float64Array): Float64Array {
    return this.#stack.contributions(from, to);
  }

  /** The fitted stack as it is stored. */
  stackBytes(): Uint8Array {
    return this.#stack.toBytes();
  }

  /** The same bytes for the same training, whatever machine or number of threads. */
  toBytes(): Uint8Array {
    const header = Buffer.from(JSON.stringify({ featureNames: this.featureNames, classShares: this.classShares }));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(header.length);
    return Buffer.concat([Buffer.from(MAGIC), length, header, this.stackBytes()]);
  }

  /** @throws ModelError `model.unreadable` where they are of another version; `plugin.*`, `learner.unreadable` */
  static fromBytes(bytes: Uint8Array): EnsembleModel {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (buffer.subarray(0, MAGIC.length).toString('latin1') !== MAGIC) throw unreadable();
    try {
      const start = MAGIC.length + 4;
      const end = start + buffer.readUInt32LE(MAGIC.length);
      const header = JSON.parse(buffer.subarray(start, end).toString('utf8')) as {
        featureNames: string[];
        classShares: [number, number, number];
      };
      return new EnsembleModel(header.featureNames, header.classShares, FittedStacking.fromBytes(buffer.subarray(end)));
    } catch (error) {
      throw error instanceof ModelError ? error : unreadable(error);
    }
  }
}

const unreadable = (cause?: unknown): ModelError =>
  new ModelError('model.unreadable', 'the artifact is not an ensemble of this version', {
    hint: 'Train a new model with `ets train`.',
    cause,
  });

/** Identifies the fitted artifact alone: no time, path or table enters it. */
export const artifactSha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
