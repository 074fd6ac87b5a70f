import { createRng, normal } from '../../domain/index.ts';
import type { JudgedRows } from './judged-rows.ts';

/** Probabilities of three classes, and labels drawn from these very probabilities. */
export function drawnRows(rows: number, spread: number, seed: number): JudgedRows {
  const rng = createRng(seed);
  const probabilities = new Float64Array(rows * 3);
  const labels = new Uint8Array(rows);
  for (let row = 0; row < rows; row++) {
    const powers = [0, 1, 2].map(() => Math.exp(spread * normal(rng)));
    const total = powers.reduce((sum, power) => sum + power, 0);
    powers.forEach((power, k) => {
      probabilities[row * 3 + k] = power / total;
    });
    const [first, second] = [probabilities[row * 3]!, probabilities[row * 3 + 1]!];
    const at = rng();
    labels[row] = at < first ? 0 : at < first + second ? 1 : 2;
  }
  return { probabilities, labels, weights: null };
}
