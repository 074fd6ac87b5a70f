import { createRng, DAY_MS, type TimeMs } from '../domain/index.ts';
import {
  accuracy,
  artifactSha256,
  brierScore,
  type ComparedDay,
  compareForDeployment,
  type EnsembleModel,
  expectedCalibrationError,
  FIRST_MODEL,
  type GatePolicy,
  type GateVerdict,
  type LoggedPrediction,
  logLoss,
  ModelTrainer,
  type Procedure,
  type TrainingSet,
  trainableRows,
  UNKNOWN_LABEL,
  type WalkForwardCache,
  type WalkForwardPrediction,
} from '../model/index.ts';
import type { MarketView } from './market-view.ts';
import type { ServingModel } from './serving-model.ts';

/** What the serving model said beforehand about one decision. */
export type PastPrediction = Pick<LoggedPrediction, 'decisionTimeMs' | 'probabilities'>;

/** Where models are kept: the registry on disk, or memory in a backtest. */
export interface ModelStore {
  current(): ServingModel | undefined;
  add(candidate: Candidate): Promise<ServingModel>;
}

/** A freshly fitted model with everything that its manifest tells. */
export interface Candidate {
  readonly ensemble: EnsembleModel;
  readonly artifact: Uint8Array;
  readonly artifactSha256: string;
  readonly trainedUntilMs: TimeMs;
  readonly canonical: string;
  readonly canonicalReason: string;
  readonly rows: number;
  /** Days of each class in the training window. */
  readonly classes: readonly [number, number, number];
  readonly procedure: Procedure;
  readonly metrics: ModelMetrics;
  readonly baseline: ModelMetrics;
  readonly gate: GateVerdict;
}

/** What a report keeps of a training: a run has hundreds of them, and a model is megabytes. */
export type TrainingNote = Pick<Candidate, 'trainedUntilMs' | 'rows' | 'metrics' | 'baseline' | 'gate'>;

export const noteOf = ({ trainedUntilMs, rows, metrics, baseline, gate }: Candidate): TrainingNote => ({
  trainedUntilMs,
  rows,
  metrics,
  baseline,
  gate,
});

/** Out-of-sample scores of the procedure by walk-forward over the last days; the refit on all days is itself unscored. */
export interface ModelMetrics {
  readonly accuracy: number | null;
  readonly logLoss: number | null;
  readonly brier: number | null;
  readonly ece: number | null;
  readonly days: number;
}

export interface RetrainParts {
  readonly view: MarketView;
  readonly procedure: Procedure;
  readonly trainDays: number;
  readonly threads: number;
  readonly gate: GatePolicy & { readonly windowDays: number };
  readonly cache: WalkForwardCache;
  readonly models: ModelStore;
  /** What serving models said, whichever they were, ascending in time. */
  readonly predictions: () => readonly PastPrediction[];
  readonly onProgress?: (text: string, share?: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * One training: the procedure scored by walk-forward inside the window, compared with what the serving models had said on
 * the same days, refitted on the whole window, and kept or promoted. Every verdict is stored with the model.
 */
export async function retrain(
  parts: RetrainParts,
  untilMs: TimeMs,
): Promise<{ readonly candidate: Candidate; readonly serving: ServingModel }> {
  const choice = parts.view.canonicalFor(untilMs, parts.trainDays);
  const { set } = parts.view.table(choice.series);
  const trainer = new ModelTrainer({ ...parts, scoredDays: parts.gate.windowDays });
  const scored = (await trainer.walkForward(set, untilMs)).filter(({ row }) => isKnown(set, row, untilMs));
  parts.onProgress?.('fitting the ensemble');
  const ensemble = await trainer.fit(set, untilMs);
  const rows = trainableRows(set, untilMs - parts.trainDays * DAY_MS, untilMs);
  const artifact = ensemble.toBytes();
  const candidate: Candidate = {
    ensemble,
    artifact,
    artifactSha256: artifactSha256(artifact),
    trainedUntilMs: untilMs,
    canonical: choice.series,
    canonicalReason: choice.reason,
    rows: rows.length,
    classes: [0, 1, 2].map((label) => rows.filter((row) => set.label[row] === label).length) as [number, number, number],
    procedure: parts.procedure,
    metrics: scoresOf(set, scored, 'probabilities'),
    baseline: scoresOf(set, scored, 'baseline'),
    gate: judge(parts, set, scored, untilMs),
  };
  return { candidate, serving: await parts.models.add(candidate) };
}

const isKnown = (set: TrainingSet, row: number, nowMs: TimeMs): boolean =>
  set.label[row] !== UNKNOWN_LABEL && set.labelKnownMs[row]! <= nowMs;

function judge(parts: RetrainParts, set: TrainingSet, scored: readonly WalkForwardPrediction[], untilMs: TimeMs): GateVerdict {
  const incumbent = parts.models.current();
  if (!incumbent) return FIRST_MODEL;
  const logged = new Map(parts.predictions().map((one) => [one.decisionTimeMs, one.probabilities]));
  const days = scored.flatMap(({ row, decisionTimeMs, probabilities }): ComparedDay[] => {
    const before = logged.get(decisionTimeMs);
    return before ? [{ label: set.label[row] as 0 | 1 | 2, candidate: probabilities, incumbent: before }] : [];
  });
  const ageDays = (untilMs - incumbent.trainedUntilMs) / DAY_MS;
  return compareForDeployment(days, ageDays, parts.gate, createRng(parts.procedure.seed, Math.floor(untilMs / DAY_MS)));
}

function scoresOf(set: TrainingSet, scored: readonly WalkForwardPrediction[], which: 'probabilities' | 'baseline'): ModelMetrics {
  if (scored.length === 0) return { accuracy: null, logLoss: null, brier: null, ece: null, days: 0 };
  const labels = Uint8Array.from(scored, ({ row }) => set.label[row]!);
  const probabilities = Float64Array.from(scored.flatMap((one) => one[which]));
  return {
    accuracy: accuracy(probabilities, labels),
    logLoss: logLoss(probabilities, labels),
    brier: brierScore(probabilities, labels),
    ece: expectedCalibrationError(probabilities, labels),
    days: scored.length,
  };
}
