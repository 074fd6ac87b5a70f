import type { TreeSet } from './tree-set.ts';

/** The values of leaves, each sequence once: most leaves of a forest share theirs with many others. */
export interface DistinctLeaves {
  readonly values: Float64Array;
  /** Of each node that is a leaf: where its values start in `values`. */
  readonly startOf: Int32Array;
}

/** Leaves whose values are the same bit for bit become one. */
export function distinctLeaves({ feature, left, values }: TreeSet, leafSize: number): DistinctLeaves {
  const bits = new Int32Array(values.buffer, values.byteOffset, 2 * values.length);
  const words = 2 * leafSize;
  const leaves = feature.reduce((count, column) => count + (column < 0 ? 1 : 0), 0);
  const slots = new Int32Array(2 ** Math.ceil(Math.log2(2 * leaves + 2))).fill(-1);
  const distinct = new Float64Array(leaves * leafSize);
  const distinctBits = new Int32Array(distinct.buffer);
  const startOf = new Int32Array(feature.length);
  let end = 0;
  for (let node = 0; node < feature.length; node++) {
    if (feature[node]! >= 0) continue;
    const from = 2 * left[node]!;
    let slot = hashOf(bits, from, words) & (slots.length - 1);
    while (slots[slot]! >= 0 && !same(bits, from, distinctBits, 2 * slots[slot]!, words)) slot = (slot + 1) & (slots.length - 1);
    if (slots[slot]! < 0) {
      slots[slot] = end;
      for (let word = 0; word < words; word++) distinctBits[2 * end + word] = bits[from + word]!;
      end += leafSize;
    }
    startOf[node] = slots[slot]!;
  }
  return { values: distinct.slice(0, end), startOf };
}

function same(one: Int32Array, from: number, other: Int32Array, at: number, words: number): boolean {
  for (let word = 0; word < words; word++) if (one[from + word] !== other[at + word]) return false;
  return true;
}

/** Multiplicative, folded so that the low bits depend on all. */
function hashOf(bits: Int32Array, from: number, words: number): number {
  let hash = 0;
  for (let word = 0; word < words; word++) {
    hash = Math.imul(hash ^ bits[from + word]!, 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return hash;
}
