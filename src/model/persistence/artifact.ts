import { createHash } from 'node:crypto';
import { ModelError } from '../../domain/index.ts';

type Numbers = Float64Array | Int32Array | Uint8Array;

/** A fitted model as it is stored: what it is, small facts, and named arrays of numbers or of further bytes. */
export interface Artifact {
  readonly kind: string;
  readonly facts: Readonly<Record<string, number | string | readonly string[]>>;
  readonly arrays: Readonly<Record<string, Numbers>>;
}

const MAGIC = 'ETSMODL2';
/** Magic, checksum, length of the head. */
const HEAD_AT = 20;
const TYPES = { f64: Float64Array, i32: Int32Array, u8: Uint8Array } as const;
const aligned = (bytes: number): number => Math.ceil(bytes / 8) * 8;
const typeOf = (array: Numbers): keyof typeof TYPES =>
  array instanceof Float64Array ? 'f64' : array instanceof Int32Array ? 'i32' : 'u8';

/** The first eight bytes of the SHA-256 of everything after the checksum: bytes that were changed are no model. */
const checksum = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes.subarray(16)).digest().subarray(0, 8);

/** Magic, checksum, length of the JSON head, the head, then each array at a multiple of eight bytes, little-endian. */
export function encodeArtifact({ kind, facts, arrays }: Artifact): Uint8Array {
  const entries = Object.entries(arrays);
  const head = new TextEncoder().encode(
    JSON.stringify({ kind, facts, arrays: entries.map(([name, array]) => [name, typeOf(array), array.length]) }),
  );
  const start = aligned(HEAD_AT + head.length);
  const bytes = new Uint8Array(entries.reduce((total, [, array]) => total + aligned(array.byteLength), start));
  bytes.set(new TextEncoder().encode(MAGIC));
  new DataView(bytes.buffer).setUint32(16, head.length, true);
  bytes.set(head, HEAD_AT);
  let at = start;
  for (const [, array] of entries) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at);
    at += aligned(array.byteLength);
  }
  bytes.set(checksum(bytes), 8);
  return bytes;
}

/** @throws ModelError `learner.unreadable` where the bytes are not such an artifact, changed or cut off */
export function decodeArtifact(bytes: Uint8Array): Artifact {
  try {
    const own = new Uint8Array(bytes);
    if (new TextDecoder().decode(own.subarray(0, 8)) !== MAGIC) throw new RangeError('it does not begin as a model does');
    if (Buffer.compare(own.subarray(8, 16), checksum(own)) !== 0) throw new RangeError('its checksum is another one');
    const headLength = new DataView(own.buffer).getUint32(16, true);
    const head = JSON.parse(new TextDecoder().decode(own.subarray(HEAD_AT, HEAD_AT + headLength))) as {
      kind: string;
      facts: Artifact['facts'];
      arrays: [string, keyof typeof TYPES, number][];
    };
    const arrays: Record<string, Numbers> = {};
    let at = aligned(HEAD_AT + headLength);
    for (const [name, type, length] of head.arrays) {
      const array = new TYPES[type](own.buffer, at, length);
      arrays[name] = array;
      at += aligned(array.byteLength);
    }
    if (at !== own.length) throw new RangeError(`it has ${own.length} bytes instead of ${at}`);
    return { kind: head.kind, facts: head.facts, arrays };
  } catch (cause) {
    throw new ModelError(
      'learner.unreadable',
      `these bytes are not a stored model: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        hint: 'Train a new model.',
        cause,
      },
    );
  }
}

const unreadable = (what: string) =>
  new ModelError('learner.unreadable', `the stored model has no ${what}`, { hint: 'Train a new model.' });

/** @throws ModelError `learner.unreadable` where it is not there */
export function floats(artifact: Artifact, name: string): Float64Array {
  const array = artifact.arrays[name];
  if (!(array instanceof Float64Array)) throw unreadable(`numbers called ${name}`);
  return array;
}

/** @throws ModelError `learner.unreadable` where it is not there */
export function integers(artifact: Artifact, name: string): Int32Array {
  const array = artifact.arrays[name];
  if (!(array instanceof Int32Array)) throw unreadable(`integers called ${name}`);
  return array;
}

/** @throws ModelError `learner.unreadable` where it is not there */
export function octets(artifact: Artifact, name: string): Uint8Array {
  const array = artifact.arrays[name];
  if (!(array instanceof Uint8Array)) throw unreadable(`bytes called ${name}`);
  return array;
}

/** @throws ModelError `learner.unreadable` where it is not there */
export function fact(artifact: Artifact, name: string): number {
  const value = artifact.facts[name];
  if (typeof value !== 'number') throw unreadable(`number called ${name}`);
  return value;
}

/** A list of texts; empty where it is not there. */
export function texts(artifact: Artifact, name: string): readonly string[] {
  const value = artifact.facts[name];
  return Array.isArray(value) ? value : [];
}
