import { applyDirichlet, fitDirichlet } from './dirichlet.ts';
import { applyIsotonic, fitIsotonic } from './isotonic.ts';
import type { JudgedRows } from './judged-rows.ts';
import { applyTemperature, fitTemperature } from './temperature.ts';

/** From the fewest free numbers to the most. */
export const CALIBRATOR_KINDS = ['temperature', 'dirichlet', 'isotonic'] as const;
export type CalibratorKind = (typeof CALIBRATOR_KINDS)[number];

/** A fitted map from probabilities to probabilities; what its numbers mean is its kind's business. */
export interface Calibrator {
  readonly kind: CalibratorKind;
  readonly numbers: Float64Array;
}

/** Leaves probabilities as they are. */
export const NO_CALIBRATION: Calibrator = { kind: 'temperature', numbers: Float64Array.of(1) };

/** Sharper than this is not believed: a pool of learners is more careful than each of them, and no more is mended. */
const MINIMUM_TEMPERATURE = 0.5;

/** @param judged at least one row, not all of weight 0 */
export function fitCalibrator(kind: CalibratorKind, judged: JudgedRows, classes: number): Calibrator {
  switch (kind) {
    case 'temperature':
      return { kind, numbers: Float64Array.of(Math.max(MINIMUM_TEMPERATURE, fitTemperature(judged, classes))) };
    case 'dirichlet':
      return { kind, numbers: fitDirichlet(judged, classes) };
    case 'isotonic':
      return { kind, numbers: fitIsotonic(judged, classes) };
  }
}

export function applyCalibrator({ kind, numbers }: Calibrator, probabilities: Float64Array, classes: number): Float64Array {
  switch (kind) {
    case 'temperature':
      return numbers[0] === 1 ? probabilities : applyTemperature(probabilities, classes, numbers[0]!);
    case 'dirichlet':
      return applyDirichlet(numbers, probabilities, classes);
    case 'isotonic':
      return applyIsotonic(numbers, probabilities, classes);
  }
}
