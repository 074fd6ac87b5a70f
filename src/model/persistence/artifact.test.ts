import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Artifact, decodeArtifact, encodeArtifact, fact, floats, integers, octets } from './artifact.ts';

const artifact: Artifact = {
  kind: 'test',
  facts: { classes: 3, names: ['a', 'ä'] },
  arrays: {
    f: Float64Array.of(1.5, Number.NaN, -0),
    i: Int32Array.of(-1, 7, 9),
    u: Uint8Array.of(1, 2, 3, 4, 5),
    none: new Uint8Array(0),
  },
};
const isUnreadable = expect.objectContaining({ name: 'ModelError', code: 'learner.unreadable' });

describe('artifacts', () => {
  it('are read back as they were, from any place in a buffer', () => {
    const bytes = encodeArtifact(artifact);
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(decodeArtifact(bytes)).toEqual(artifact);
    expect(decodeArtifact(shifted.subarray(3))).toEqual(artifact);
    expect(Buffer.compare(encodeArtifact(decodeArtifact(bytes)), bytes)).toBe(0);
  });

  it('are refused after any change of any byte, cut off or with bytes added', () => {
    const bytes = encodeArtifact(artifact);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const damaged = bytes.slice();
        damaged[at]! ^= change;
        expect(() => decodeArtifact(damaged)).toThrow(isUnreadable);
      }),
      { seed: 1, numRuns: 300 },
    );
    for (let length = 0; length < bytes.length; length++)
      expect(() => decodeArtifact(bytes.slice(0, length))).toThrow(isUnreadable);
    expect(() => decodeArtifact(Uint8Array.of(...bytes, 0, 0, 0, 0, 0, 0, 0, 0))).toThrow(isUnreadable);
  });

  it('name what they lack', () => {
    for (const read of [floats, integers, octets]) expect(() => read(artifact, 'absent')).toThrow(/absent/);
    expect(() => integers(artifact, 'f')).toThrow(isUnreadable);
    expect(() => fact(artifact, 'names')).toThrow(isUnreadable);
    expect([fact(artifact, 'classes'), octets(artifact, 'u').length]).toEqual([3, 5]);
  });
});
