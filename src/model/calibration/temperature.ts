import type { JudgedRows } from './judged-rows.ts';
import { sumLogLoss } from './sum-log-loss.ts';

/** Smaller probabilities count as this one. */
export const SMALLEST_TEMPERED = 1e-15;

/** Each row raised to the power `1 / temperature` and normalised: above 1 more careful, below 1 more certain. */
export function applyTemperature(probabilities: Float64Array, classes: number, temperature: number): Float64Array {
  const scaled = probabilities.map((p) => Math.max(SMALLEST_TEMPERED, p) ** (1 / temperature));
  for (let at = 0; at < scaled.length; at += classes) {
    let sum = 0;
    for (let k = 0; k < classes; k++) sum += scaled[at + k]!;
    for (let k = 0; k < classes; k++) scaled[at + k]! /= sum;
  }
  return scaled;
}

/** The temperature between 0.25 and 8 with the least log loss (Guo et al. 2017), to about one part in a thousand. */
export function fitTemperature({ probabilities, labels, weights }: JudgedRows, classes: number): number {
  const loss = (logTemperature: number) =>
    sumLogLoss(applyTemperature(probabilities, classes, Math.exp(logTemperature)), labels, classes, weights);
  const golden = (Math.sqrt(5) - 1) / 2;
  let low = Math.log(0.25);
  let high = Math.log(8);
  let a = high - golden * (high - low);
  let b = low + golden * (high - low);
  let atA = loss(a);
  let atB = loss(b);
  while (high - low > 1e-3) {
    if (atA < atB) {
      high = b;
      b = a;
      atB = atA;
      a = high - golden * (high - low);
      atA = loss(a);
    } else {
      low = a;
      a = b;
      atA = atB;
      b = low + golden * (high - low);
      atB = loss(b);
    }
  }
  return Math.exp((low + high) / 2);
}
