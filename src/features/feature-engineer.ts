import { createHash } from 'node:crypto';
import type { Frame, Matrix } from '../domain/index.ts';
import { customFeatures } from './catalogue/custom.ts';
import { CATALOGUE } from './catalogue/index.ts';
import type { FeatureDefinition, InputRow } from './feature-definition.ts';
import type { InputFrame } from './input-frame.ts';
import { INPUT_SOURCES } from './input-sources.ts';

/** Raise it when the meaning of a feature or of an input changes without its name, look-back or parameters changing. */
export const FEATURE_CODE_VERSION = 1;

/** Features of each decision time, as known then. Every number is finite or NaN (not known). */
export interface FeatureFrame {
  readonly timeMs: Float64Array;
  readonly names: readonly string[];
  /** rows x features */
  readonly matrix: Matrix;
  readonly suspect: Uint8Array;
  readonly fallback: Uint8Array;
}

/** Features day by day: give it each row of an input frame in turn. Batch and stream are the same code. */
export class FeatureStream {
  readonly names: readonly string[];
  readonly #readers: readonly ((row: InputRow) => number)[];

  constructor(catalogue: readonly FeatureDefinition[] = CATALOGUE) {
    this.names = catalogue.map((feature) => feature.name);
    this.#readers = catalogue.map((feature) => feature.start());
  }

  /** Writes the features of `row`, which follows the rows given before, to `into` from `offset`. */
  next(row: InputRow, into: Float64Array = new Float64Array(this.#readers.length), offset = 0): Float64Array {
    for (let i = 0; i < this.#readers.length; i++) {
      const value = this.#readers[i]!(row);
      into[offset + i] = Number.isFinite(value) ? value : Number.NaN;
    }
    return into;
  }
}

/** Reads rows of a frame into one object, used again for every row. */
function rowReader(inputs: Frame): (index: number) => InputRow {
  const names = Object.keys(inputs.columns);
  const columns = names.map((name) => inputs.columns[name]!);
  const row: Record<string, number> & { timeMs: number } = { timeMs: 0 };
  return (index) => {
    row.timeMs = inputs.timeMs[index]!;
    for (let i = 0; i < names.length; i++) row[names[i]!] = columns[i]![index]!;
    return row;
  };
}

/** Row `index` of a frame as features read it. */
export const inputRow = (inputs: Frame, index: number): InputRow => rowReader(inputs)(index);

/** The catalogue, and the features of the user's own columns in the frame. */
export const catalogueOf = (inputs: Pick<InputFrame, 'custom'>): readonly FeatureDefinition[] =>
  inputs.custom.length === 0 ? CATALOGUE : [...CATALOGUE, ...inputs.custom.flatMap(customFeatures)];

/** Features for every row of the frame. Rows before a feature's look-back is filled are NaN in it. */
export function engineerFeatures(
  inputs: InputFrame,
  catalogue: readonly FeatureDefinition[] = catalogueOf(inputs),
): FeatureFrame {
  const stream = new FeatureStream(catalogue);
  const rows = inputs.timeMs.length;
  const columns = catalogue.length;
  const data = new Float64Array(rows * columns);
  const read = rowReader(inputs);
  for (let row = 0; row < rows; row++) stream.next(read(row), data, row * columns);
  return {
    timeMs: inputs.timeMs,
    names: stream.names,
    matrix: { data, rows, columns, names: stream.names },
    suspect: inputs.suspect,
    fallback: inputs.fallback,
  };
}

/** Rows before the first wanted one that a frame should begin with, so that no feature is still warming up. */
export const longestLookback = (catalogue: readonly FeatureDefinition[] = CATALOGUE): number =>
  Math.max(0, ...catalogue.map((feature) => feature.lookback));

/** Names what features mean: their names, parameters and look-backs, where inputs come from, and the code's version. */
export function featureCodeHash(catalogue: readonly FeatureDefinition[] = CATALOGUE): string {
  const meaning = {
    version: FEATURE_CODE_VERSION,
    features: catalogue.map(({ name, family, unit, lookback, inputs }) => ({ name, family, unit, lookback, inputs })),
    inputs: INPUT_SOURCES,
  };
  return createHash('sha256').update(JSON.stringify(meaning)).digest('hex');
}
