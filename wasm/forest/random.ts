// Random numbers of a stream: src/domain/rng.ts in AssemblyScript.

let mix: u32 = 0, ra: u32 = 0, rb: u32 = 0, rc: u32 = 0, counter: u32 = 0;
let keptA: u32 = 0, keptB: u32 = 0, keptC: u32 = 0, keptCounter: u32 = 0;

function mixed(): u32 {
  mix += 0x9e3779b9;
  let z = mix;
  z = (z ^ (z >>> 16)) * 0x21f0aaad;
  z = (z ^ (z >>> 15)) * 0x735a2d97;
  return z ^ (z >>> 15);
}

// @ts-ignore: decorator
@inline
export function random(): u32 {
  const t = ra + rb + counter;
  counter++;
  ra = rb ^ (rb >>> 9);
  rb = rc + (rc << 3);
  rc = rotl<u32>(rc, 21) + t;
  return t;
}

export function seedRandom(seed: u32, stream: u32): void {
  mix = (seed * 0x9e3779b1) ^ (stream * 0x85ebca6b);
  ra = mixed();
  rb = mixed();
  rc = mixed();
  counter = 1;
  for (let i = 0; i < 12; i++) random();
}

// A whole number from 0 to n - 1.
// @ts-ignore: decorator
@inline
export function below(n: u32): u32 {
  return <u32>((<u64>random() * <u64>n) >> 32);
}

// Remembers where the stream is.
export function keepPlace(): void {
  keptA = ra;
  keptB = rb;
  keptC = rc;
  keptCounter = counter;
}

// Takes the stream to so many numbers behind where it was remembered.
export function returnTo(numbers: u32): void {
  ra = keptA;
  rb = keptB;
  rc = keptC;
  counter = keptCounter;
  for (let i: u32 = 0; i < numbers; i++) random();
}
