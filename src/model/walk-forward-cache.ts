import { createHash } from 'node:crypto';
import type { TrainingSet } from './training-set.ts';

/** Remembers the out-of-sample predictions of walk-forward steps by what they were made from. */
export interface WalkForwardCache {
  get(key: string): Promise<Float64Array | undefined>;
  set(key: string, values: Float64Array): Promise<void>;
}

export class MemoryWalkForwardCache implements WalkForwardCache {
  readonly #steps = new Map<string, Float64Array>();

  async get(key: string): Promise<Float64Array | undefined> {
    return this.#steps.get(key);
  }

  async set(key: string, values: Float64Array): Promise<void> {
    this.#steps.set(key, values);
  }
}

/** Hash over the procedure and every value that the step reads: features, labels and times of its rows. */
export function stepKey(procedure: string, set: TrainingSet, train: readonly number[], test: readonly number[]): string {
  const hash = createHash('sha256').update(procedure).update(set.names.join('\n'));
  const { columns, data } = set.matrix;
  const addRow = (row: number) => {
    hash.update(new Uint8Array(data.buffer, data.byteOffset + row * columns * 8, columns * 8));
    hash.update(new Uint8Array(set.timeMs.buffer, set.timeMs.byteOffset + row * 8, 8));
  };
  for (const row of train) addRow(row);
  hash.update(Uint8Array.from(train, (row) => set.label[row]!)).update('|');
  for (const row of test) addRow(row);
  return hash.digest('hex');
}
