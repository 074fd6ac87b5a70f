import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { createRng, type Matrix, ModelError } from '../domain/index.ts';
import { buildEnsemble } from './ensemble-builder.ts';
import { EnsembleModel } from './ensemble-model.ts';

const NAMES = ['one', 'two', 'three'];
const rng = createRng(3);
const X: Matrix = { data: Float64Array.from({ length: 240 }, () => rng() - 0.5), rows: 80, columns: 3, names: NAMES };
const y = Uint8Array.from({ length: 80 }, (_, row) => (X.data[row * 3]! > 0.2 ? 0 : X.data[row * 3]! < -0.2 ? 1 : 2));

let model: EnsembleModel;
let bytes: Uint8Array;
beforeAll(async () => {
  const stack = await buildEnsemble({ trees: 3, folds: 2, purgeRows: 1, seed: 1 }, NAMES, 1).fit(X, y);
  model = new EnsembleModel(NAMES, [0.25, 0.25, 0.5], stack);
  bytes = model.toBytes();
});

/** What reading the bytes comes to: a model, or the typed refusal. Anything else fails the test. */
function read(damaged: Uint8Array): EnsembleModel | string {
  try {
    return EnsembleModel.fromBytes(damaged);
  } catch (error) {
    if (error instanceof ModelError) return error.code;
    throw error;
  }
}

describe('the bytes of an ensemble', () => {
  it('give the same model again', () => {
    const again = EnsembleModel.fromBytes(bytes);
    expect(again.featureNames).toEqual(NAMES);
    expect(again.classShares).toEqual([0.25, 0.25, 0.5]);
    expect(again.predictProba(X)).toEqual(model.predictProba(X));
    expect(Buffer.compare(again.toBytes(), bytes)).toBe(0);
  });

  it('are refused wherever they are cut off', () => {
    fc.assert(
      fc.property(fc.oneof(fc.nat(120), fc.nat(bytes.length - 1)), (length) => {
        expect(read(bytes.slice(0, length))).toMatch(/^(model|learner)\.unreadable$/);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('are refused wherever one of them is changed', () => {
    fc.assert(
      fc.property(fc.oneof(fc.nat(120), fc.nat(bytes.length - 1)), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const damaged = bytes.slice();
        damaged[at]! ^= change;
        expect(read(damaged)).toMatch(/^(model|learner)\.unreadable$/);
      }),
      { seed: 2, numRuns: 300 },
    );
  });

  it('are refused where they are anything at all', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (noise, hasMagic) => {
        const whole = hasMagic ? Buffer.concat([bytes.subarray(0, 15), noise]) : noise;
        expect(read(whole)).toMatch(/^(model|learner)\.unreadable$/);
      }),
      { seed: 3 },
    );
  });

  it('are read in the form before, whose header had no checksum', () => {
    const header = Buffer.from(JSON.stringify({ featureNames: NAMES, classShares: [0.25, 0.25, 0.5] }));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(header.length);
    const unchecked = (head: Buffer) => Buffer.concat([Buffer.from('ETS-ENSEMBLE-1\n'), length, head, model.stackBytes()]);
    const again = EnsembleModel.fromBytes(unchecked(header));
    expect(again.predictProba(X)).toEqual(model.predictProba(X));
    const changed = Buffer.from(header);
    changed[0] = 0x5b;
    expect(read(unchecked(changed))).toBe('model.unreadable');
  });
});

it('names the feature whose value is infinite', () => {
  const data = X.data.slice();
  data[4] = Number.POSITIVE_INFINITY;
  expect(() => model.predictProba({ ...X, data })).toThrow(/row 1, column two is Infinity/);
});
