/** Deterministic 32-bit mix of a few integers (finaliser of murmur3 by Appleby, chained). */
function mix(...parts: number[]): number {
  let h = 0x9e3779b9;
  for (const part of parts) {
    h = Math.imul(h ^ (part | 0), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13) ^ Math.floor(part / 4294967296), 0xc2b2ae35);
    h ^= h >>> 16;
  }
  return h >>> 0;
}

/** Uniform in [0, 1), a function of its arguments alone. */
export const uniformAt = (...parts: number[]): number => (mix(...parts) + 0.5) / 4294967296;

/** Standard normal, a function of its arguments alone (Box-Muller). */
export const normalAt = (...parts: number[]): number =>
  Math.sqrt(-2 * Math.log(uniformAt(...parts, 1))) * Math.cos(2 * Math.PI * uniformAt(...parts, 2));

const HEX = Array.from({ length: 65536 }, (_, i) => i.toString(16).padStart(4, '0'));
const hexWord = (word: number): string => HEX[word >>> 16]! + HEX[word & 0xffff]!;

/** `words` x 32 bits of hexadecimal that stand for a hash; 8 words make a block or transaction hash, 5 an address. */
export function hexHash(words: number, ...parts: number[]): string {
  let h = mix(...parts);
  let text = '0x';
  for (let i = 0; i < words; i++) {
    h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
    h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
    h ^= h >>> 15;
    text += hexWord(h >>> 0);
  }
  return text;
}

const MASK = 0x5bd1e995;

/** A hash of 8 words that says, to those who know, which numbers it stands for: they are its last words, masked. */
export const numberedHash = (numbers: readonly number[], ...parts: number[]): string =>
  hexHash(8 - numbers.length, ...parts, ...numbers) + numbers.map((number) => hexWord((number ^ MASK) >>> 0)).join('');

/** The last `count` words of a hash as the numbers that `numberedHash` put there. */
export const numbersIn = (hash: string, count: number): number[] =>
  Array.from({ length: count }, (_, i) => {
    const at = hash.length - 8 * (count - i);
    return (Number.parseInt(hash.slice(at, at + 8), 16) ^ MASK) >>> 0;
  });
