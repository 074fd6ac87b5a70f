import { ModelError } from '../../domain/index.ts';

/** More inputs than this have too many coalitions. */
const MOST_INPUTS = 12;
/** Inputs that moved less have the slope at their middle: a quotient of two vanishing numbers is noise. */
const NARROW = 1e-8;
const HALF_STEP = 1e-6;

/**
 * Average slopes of a map of a few numbers between two points: the Shapley value that each input has in each output,
 * over how far the input moved (the rescale rule of DeepLIFT with exact Shapley values: Chen, Lundberg and Lee 2022,
 * "Explaining a series of models by propagating Shapley values"). `Σ slope · (to - from)` is how far an output moved.
 * @param map must not keep or change what it is given
 * @returns inputs x outputs
 * @throws ModelError `explanation.too_many_inputs` above 12
 */
export function secants(map: (z: Float64Array) => Float64Array, from: Float64Array, to: Float64Array): Float64Array {
  const inputs = from.length;
  if (inputs > MOST_INPUTS)
    throw new ModelError('explanation.too_many_inputs', `${inputs} inputs have too many coalitions; ${MOST_INPUTS} are the most`);
  const slopes = slopesBetween(map, from, to);
  const isNarrow = (m: number) => Math.abs(to[m]! - from[m]!) < NARROW;
  if (!from.some((_, m) => isNarrow(m))) return slopes;
  const middle = (m: number) => from[m]! + (to[m]! - from[m]!) / 2;
  const wide = slopesBetween(
    map,
    from.map((value, m) => (isNarrow(m) ? middle(m) - HALF_STEP : value)),
    to.map((value, m) => (isNarrow(m) ? middle(m) + HALF_STEP : value)),
  );
  const outputs = slopes.length / inputs;
  return slopes.map((slope, at) => (isNarrow(Math.floor(at / outputs)) ? wide[at]! : slope));
}

function slopesBetween(map: (z: Float64Array) => Float64Array, from: Float64Array, to: Float64Array): Float64Array {
  const inputs = from.length;
  const known = Array.from({ length: 1 << inputs }, (_, coalition) =>
    map(from.map((value, m) => ((coalition >> m) & 1 ? to[m]! : value))),
  );
  const outputs = known[0]!.length;
  const slopes = new Float64Array(inputs * outputs);
  const weights = Array.from({ length: inputs }, (_, others) => 1 / (inputs * binomial(inputs - 1, others)));
  for (let coalition = 0; coalition < known.length; coalition++) {
    const weight = weights[bitCount(coalition)]!;
    for (let m = 0; m < inputs; m++) {
      if ((coalition >> m) & 1) continue;
      const moved = to[m]! - from[m]!;
      if (moved === 0) continue;
      const [without, withIt] = [known[coalition]!, known[coalition | (1 << m)]!];
      for (let k = 0; k < outputs; k++) slopes[m * outputs + k]! += (weight * (withIt[k]! - without[k]!)) / moved;
    }
  }
  return slopes;
}

const bitCount = (bits: number): number => bits.toString(2).replaceAll('0', '').length;

function binomial(n: number, k: number): number {
  let value = 1;
  for (let i = 1; i <= k; i++) value = (value * (n - k + i)) / i;
  return value;
}

/**
 * Contributions to the inputs of a map carried on to its outputs.
 * @param contributions columns x inputs @param slopes inputs x outputs @returns columns x outputs
 */
export function carry(contributions: Float64Array, slopes: Float64Array, inputs: number): Float64Array {
  const outputs = slopes.length / inputs;
  const carried = new Float64Array((contributions.length / inputs) * outputs);
  for (let at = 0; at < contributions.length; at++) {
    const one = contributions[at]!;
    if (one === 0) continue;
    const to = Math.floor(at / inputs) * outputs;
    const row = (at % inputs) * outputs;
    for (let k = 0; k < outputs; k++) carried[to + k]! += one * slopes[row + k]!;
  }
  return carried;
}
