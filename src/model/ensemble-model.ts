import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type Matrix, ModelError } from '../domain/index.ts';
import { FittedStacking } from './learners/index.ts';

const MAGIC = 'ETS-ENSEMBLE-2\n';
/** The form before, whose header had no checksum. */
const MAGIC_UNCHECKED = 'ETS-ENSEMBLE-1\n';
const LENGTH_BYTES = 4;
const CHECKSUM_BYTES = 8;

const headerSchema = z.object({
  featureNames: z.array(z.string()).readonly(),
  classShares: z.tuple([z.number(), z.number(), z.number()]).readonly(),
});

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

  /** Probabilities of BUY, SELL, HOLD per row. @throws ModelError `model.feature_missing`, `learner.infinite_value` */
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
    return this.#stack.predictProba({ data, rows: features.rows, columns: columns.length, names: this.featureNames });
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
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt32LE(header.length);
    return Buffer.concat([Buffer.from(MAGIC), length, header, checksum(header), this.stackBytes()]);
  }

  /** @throws ModelError `model.unreadable`, `learner.unreadable` where they are changed, cut off or none */
  static fromBytes(bytes: Uint8Array): EnsembleModel {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const magic = buffer.subarray(0, MAGIC.length).toString('latin1');
    const isUnchecked = magic === MAGIC_UNCHECKED;
    if (magic !== MAGIC && !isUnchecked) throw unreadable('the artifact is not an ensemble of this version');
    const start = MAGIC.length + LENGTH_BYTES;
    if (buffer.length < start) throw unreadable('the artifact ends before its header');
    const end = start + buffer.readUInt32LE(MAGIC.length);
    const header = buffer.subarray(start, end);
    const stackAt = isUnchecked ? end : end + CHECKSUM_BYTES;
    if (buffer.length < stackAt) throw unreadable('the artifact ends within its header');
    if (!isUnchecked && !checksum(header).equals(buffer.subarray(end, stackAt))) {
      throw unreadable('the header of the artifact was changed');
    }
    const { featureNames, classShares } = readHeader(header.toString('utf8'));
    return new EnsembleModel(featureNames, classShares, FittedStacking.fromBytes(buffer.subarray(stackAt)));
  }
}

const checksum = (header: Uint8Array): Buffer => createHash('sha256').update(header).digest().subarray(0, CHECKSUM_BYTES);

const unreadable = (why: string, cause?: unknown): ModelError =>
  new ModelError('model.unreadable', why, { hint: 'Train a new model with `ets train`.', cause });

/** @throws ModelError `model.unreadable` */
function readHeader(text: string): z.infer<typeof headerSchema> {
  try {
    return headerSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw unreadable('the header of the artifact cannot be read', cause);
  }
}

/** Identifies the fitted artifact alone: no time, path or table enters it. */
export const artifactSha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
