import {
  applyCalibrator,
  CALIBRATOR_KINDS,
  type Calibrator,
  type CalibratorKind,
  fitCalibrator,
  NO_CALIBRATION,
} from './calibrator.ts';
import type { JudgedRows } from './judged-rows.ts';
import { fitShrinkage, shrinkToShares } from './prior-shrinkage.ts';
import { sumLogLoss } from './sum-log-loss.ts';

/** What is done to a model's probabilities before they are given out. */
export interface Calibration {
  readonly calibrator: Calibrator;
  /** How much of the calibrated prediction is kept; the rest is `shares`. 0 where nothing was found. */
  readonly weight: number;
  readonly shares: Float64Array;
}

/** Nats by which each kind must beat temperature on later rows: about half of its free numbers, as Akaike's criterion has it. */
const MARGINS: Readonly<Record<CalibratorKind, number>> = { temperature: 0, dirichlet: 6, isotonic: 9 };

export const uncalibrated = (shares: Float64Array, weight: number): Calibration => ({
  calibrator: NO_CALIBRATION,
  weight,
  shares,
});

/**
 * Temperature, Dirichlet or isotonic calibration, then shrinkage to the class shares, from out-of-fold predictions in
 * blocks that ascend in time. Each kind is fitted on the blocks before the one it is judged on; one with more free
 * numbers than temperature has to earn them there, and is shrunk by what it said about rows it was not fitted on.
 */
export function chooseCalibration(blocks: readonly JudgedRows[], shares: Float64Array): Calibration {
  const weighty = blocks.filter(hasWeight);
  if (weighty.length === 0) return uncalibrated(shares, 0);
  const all = join(weighty);
  const classes = shares.length;
  const trials = CALIBRATOR_KINDS.map((kind) => judge(kind, weighty, shares));
  const { kind, said } = trials.reduce((best, trial) =>
    trial.loss + MARGINS[trial.kind] < best.loss + MARGINS[best.kind] ? trial : best,
  );
  const calibrator = fitCalibrator(kind, all, classes);
  const evidence = kind === 'temperature' ? calibrated(calibrator, all, classes) : join(said);
  return { calibrator, weight: fitShrinkage(evidence, shares), shares };
}

interface Trial {
  readonly kind: CalibratorKind;
  /** Calibrated probabilities of the later blocks. */
  readonly said: readonly JudgedRows[];
  /** Their summed log loss after shrinkage. */
  readonly loss: number;
}

function judge(kind: CalibratorKind, blocks: readonly JudgedRows[], shares: Float64Array): Trial {
  const classes = shares.length;
  let loss = 0;
  const said = blocks.slice(1).map((block, i) => {
    const before = join(blocks.slice(0, i + 1));
    const calibrator = fitCalibrator(kind, before, classes);
    const weight = fitShrinkage(calibrated(calibrator, before, classes), shares);
    const own = calibrated(calibrator, block, classes);
    loss += sumLogLoss(shrinkToShares(own.probabilities, shares, weight), own.labels, classes, own.weights);
    return own;
  });
  return { kind, said, loss };
}

const hasWeight = ({ labels, weights }: JudgedRows): boolean =>
  labels.length > 0 && (weights?.some((weight) => weight > 0) ?? true);

const calibrated = (calibrator: Calibrator, rows: JudgedRows, classes: number): JudgedRows => ({
  ...rows,
  probabilities: applyCalibrator(calibrator, rows.probabilities, classes),
});

function join(blocks: readonly JudgedRows[]): JudgedRows {
  const isWeighted = blocks.some(({ weights }) => weights !== null);
  return {
    probabilities: Float64Array.from(blocks.flatMap(({ probabilities }) => [...probabilities])),
    labels: Uint8Array.from(blocks.flatMap(({ labels }) => [...labels])),
    weights: isWeighted
      ? Float64Array.from(blocks.flatMap(({ labels, weights }) => [...(weights ?? new Float64Array(labels.length).fill(1))]))
      : null,
  };
}
