/** Uniform numbers in [0, 1). Injected wherever randomness is needed, so that the same seed gives the same bytes. */
export type Rng = () => number;

/**
 * sfc32 (Chris Doty-Humphrey, PractRand), seeded through splitmix32 from any integer and an optional stream number. Its state
 * is kept as signed words: V8 boxes a closure's number from 2^31 on, which made a draw three times as slow.
 */
export function createRng(seed: number, stream = 0): Rng {
  let mix = Math.imul(seed | 0, 0x9e3779b1) ^ Math.imul(stream | 0, 0x85ebca6b);
  const next = () => {
    mix = (mix + 0x9e3779b9) | 0;
    let z = mix;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return z ^ (z >>> 15);
  };
  let a = next();
  let b = next();
  let c = next();
  let counter = 1;
  const rng = () => {
    const t = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + t) | 0;
    return (t >>> 0) / 4294967296;
  };
  for (let i = 0; i < 12; i++) rng();
  return rng;
}

/** One standard normal number (Box-Muller). */
export const normal = (rng: Rng): number => Math.sqrt(-2 * Math.log(1 - rng())) * Math.cos(2 * Math.PI * rng());
