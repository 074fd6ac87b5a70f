import type { JudgedRows } from './judged-rows.ts';

/** A rising curve from what was said to what came true, of one class: straight between knots, level outside them. */
export interface Curve {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/**
 * Isotonic regression of each class against the rest (Zadrozny and Elkan 2002), by pooling adjacent violators. No value
 * is closer to 0 or 1 than one row could tell, `1 / (rows + 2)`.
 * @returns for each class the number of its knots, their positions and their values, one class after another
 */
export function fitIsotonic({ probabilities, labels, weights }: JudgedRows, classes: number): Float64Array {
  return Float64Array.from(
    Array.from({ length: classes }, (_, k) => {
      const { x, y } = fitCurve(
        Float64Array.from(labels, (_label, row) => probabilities[row * classes + k]!),
        Float64Array.from(labels, (label) => (label === k ? 1 : 0)),
        weights ?? new Float64Array(labels.length).fill(1),
      );
      return [x.length, ...x, ...y];
    }).flat(),
  );
}

interface Block {
  readonly from: number;
  readonly to: number;
  readonly rows: number;
  readonly hits: number;
}

function fitCurve(said: Float64Array, came: Float64Array, weights: Float64Array): Curve {
  const order = Uint32Array.from(said, (_, i) => i)
    .filter((row) => weights[row]! > 0)
    .sort((a, b) => said[a]! - said[b]! || a - b);
  const blocks: Block[] = [];
  for (const row of order) {
    let block: Block = { from: said[row]!, to: said[row]!, rows: weights[row]!, hits: weights[row]! * came[row]! };
    for (
      let last = blocks.at(-1);
      last && (last.to === block.from || last.hits * block.rows >= block.hits * last.rows);
      last = blocks.at(-1)
    ) {
      blocks.pop();
      block = { from: last.from, to: block.to, rows: last.rows + block.rows, hits: last.hits + block.hits };
    }
    blocks.push(block);
  }
  const least = 1 / (weights.reduce((sum, weight) => sum + weight, 0) + 2);
  const knots = blocks.flatMap(({ from, to, rows: n, hits }) => {
    const value = Math.min(1 - least, Math.max(least, hits / n));
    return from === to ? [[from, value] as const] : [[from, value] as const, [to, value] as const];
  });
  return { x: Float64Array.from(knots, ([x]) => x), y: Float64Array.from(knots, ([, y]) => y) };
}

/** Each probability through the curve of its class, then each row normalised. */
export function applyIsotonic(numbers: Float64Array, probabilities: Float64Array, classes: number): Float64Array {
  const curves = readCurves(numbers, classes);
  const mapped = probabilities.map((p, at) => valueAt(curves[at % classes]!, p));
  for (let at = 0; at < mapped.length; at += classes) {
    let sum = 0;
    for (let k = 0; k < classes; k++) sum += mapped[at + k]!;
    for (let k = 0; k < classes; k++) mapped[at + k]! /= sum;
  }
  return mapped;
}

/** The curve of each class. */
export function readCurves(numbers: Float64Array, classes: number): Curve[] {
  let at = 0;
  return Array.from({ length: classes }, () => {
    const knots = numbers[at]!;
    const curve = { x: numbers.subarray(at + 1, at + 1 + knots), y: numbers.subarray(at + 1 + knots, at + 1 + 2 * knots) };
    at += 1 + 2 * knots;
    return curve;
  });
}

function valueAt({ x, y }: Curve, p: number): number {
  let low = 0;
  let high = x.length - 1;
  if (p <= x[low]!) return y[low]!;
  if (p >= x[high]!) return y[high]!;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (x[middle]! <= p) low = middle;
    else high = middle;
  }
  return y[low]! + ((p - x[low]!) / (x[high]! - x[low]!)) * (y[high]! - y[low]!);
}
