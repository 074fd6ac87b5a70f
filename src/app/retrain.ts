import { createRng, DAY_MS, type Rng, type TimeMs } from '../domain/index.ts';
import {
  accuracy,
  artifactSha256,
  assessSkill,
  brierScore,
  type ComparedDay,
  compareForDeployment,
  dataFingerprint,
  type EnsembleModel,
  type EnsembleSpecs,
  ensembleSpecs,
  expectedCalibrationError,
  FIRST_MODEL,
  fitSplitConformal,
  type GatePolicy,
  type GateVerdict,
  type LoggedPrediction,
  logLoss,
  ModelTrainer,
  nonconformity,
  type Procedure,
  type ReliabilityBin,
  reliabilityBins,
  type ScoredConformal,
  type SkillVerdict,
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

/** A candidate that passed the gate and predicts in the shadow. */
export interface Challenger {
  readonly model: ServingModel;
  readonly sinceMs: TimeMs;
}

/** Where models are kept: the registry on disk, or memory in a backtest. */
export interface ModelStore {
  current(): ServingModel | undefined;
  challenger(): Challenger | undefined;
  /** Ends a trial; a challenger that is promoted serves from now on. */
  endTrial(challenger: Challenger, verdict: GateVerdict, atMs: TimeMs): Promise<void>;
  add(candidate: Candidate): Promise<ServingModel>;
}

/** How settings were searched that a procedure took over. */
export interface Search {
  readonly studies: readonly string[];
  /** Of these studies together. */
  readonly trials: number;
  /** Where the last of the searched days ends. */
  readonly searchedUntilMs: TimeMs;
  /** Probability that the search fitted noise; null with too few trials to tell. */
  readonly overfittingProbability: number | null;
}

/** A freshly fitted model with everything that its manifest tells. */
export interface Candidate {
  readonly ensemble: EnsembleModel;
  readonly artifact: Uint8Array;
  readonly artifactSha256: string;
  readonly trainedUntilMs: TimeMs;
  /** Days of decisions in the training window. */
  readonly trainDays: number;
  readonly canonical: string;
  readonly canonicalReason: string;
  readonly rows: number;
  /** Days of each class in the training window. */
  readonly classes: readonly [number, number, number];
  readonly procedure: Procedure;
  readonly search?: Search | undefined;
  /** The learners of the procedure with every setting resolved. */
  readonly learners: EnsembleSpecs;
  /** Hash of the training rows. */
  readonly dataFingerprint: string;
  readonly metrics: ModelMetrics;
  readonly baseline: ModelMetrics;
  readonly reliability: readonly ReliabilityBin[];
  /** Prediction sets out of the walk-forward predictions; nothing where there are none. */
  readonly conformal: ScoredConformal | undefined;
  /** Whether the procedure knew more than the class shares, as far as the walk-forward days tell. */
  readonly skill: SkillVerdict['verdict'];
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
  readonly gate: GatePolicy & { readonly windowDays: number; readonly challengerDays: number };
  /** The search that chose the procedure's settings, where one did. */
  readonly search?: Search | undefined;
  readonly cache: WalkForwardCache;
  readonly models: ModelStore;
  /** What serving models said, whichever they were, ascending in time. */
  readonly predictions: () => readonly PastPrediction[];
  /** What challengers said. */
  readonly shadow: () => readonly PastPrediction[];
  readonly onProgress?: (text: string, share?: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * One training: the procedure scored by walk-forward inside the window, on days that took no part in choosing its settings, compared with what the serving models had said on
 * the same days, refitted on the whole window, and kept or promoted. Every verdict is stored with the model.
 */
export async function retrain(
  parts: RetrainParts,
  untilMs: TimeMs,
): Promise<{ readonly candidate: Candidate; readonly serving: ServingModel }> {
  const choice = parts.view.canonicalFor(untilMs, parts.trainDays);
  const { set, labels } = parts.view.table(choice.series);
  const history: JudgedHistory = { set, forwardReturn: labels.forwardReturn, untilMs };
  await settleTrial(parts, history);
  const trainer = new ModelTrainer({ ...parts, scoredDays: parts.gate.windowDays });
  const scored = (await trainer.walkForward(set, untilMs)).filter(
    ({ row, decisionTimeMs }) => isKnown(set, row, untilMs) && isOutside(parts.search, decisionTimeMs),
  );
  parts.onProgress?.('fitting the ensemble');
  const ensemble = await trainer.fit(set, untilMs);
  const rows = trainableRows(set, untilMs - parts.trainDays * DAY_MS, untilMs);
  const artifact = ensemble.toBytes();
  const candidate: Candidate = {
    ensemble,
    artifact,
    artifactSha256: artifactSha256(artifact),
    trainedUntilMs: untilMs,
    trainDays: parts.trainDays,
    canonical: choice.series,
    canonicalReason: choice.reason,
    rows: rows.length,
    classes: [0, 1, 2].map((label) => rows.filter((row) => set.label[row] === label).length) as [number, number, number],
    procedure: parts.procedure,
    ...(parts.search && { search: parts.search }),
    learners: ensembleSpecs(parts.procedure, ensemble.featureNames),
    dataFingerprint: dataFingerprint(set, rows),
    metrics: scoresOf(set, scored, 'probabilities'),
    ...worthOf(set, scored, createRng(parts.procedure.seed, Math.floor(untilMs / DAY_MS))),
    baseline: scoresOf(set, scored, 'baseline'),
    gate: judge(parts, history, scored),
  };
  return { candidate, serving: await parts.models.add(candidate) };
}

/** A day that settings were chosen on says nothing about them. */
const isOutside = (search: Search | undefined, decisionTimeMs: TimeMs): boolean =>
  search === undefined || decisionTimeMs >= search.searchedUntilMs;

const isKnown = (set: TrainingSet, row: number, nowMs: TimeMs): boolean =>
  set.label[row] !== UNKNOWN_LABEL && set.labelKnownMs[row]! <= nowMs;

/** What came of past decisions, as far as it is known. */
interface JudgedHistory {
  readonly set: TrainingSet;
  readonly forwardReturn: Float64Array;
  readonly untilMs: TimeMs;
}

/** Share of the days of a trial on which the challenger must have predicted. */
const TRIAL_COVERAGE = 0.8;

/**
 * Days from which a trial judges the calibration error. It rises with fewer rows whatever predicts: a perfectly calibrated
 * model is above 0.2 in 20 to 50 of 100 trials of 14 days, in less than 1 of 100 of 60. The candidate was held to the bound
 * over the walk-forward days before its trial began.
 */
const CALIBRATION_DAYS = 60;

/** Once a challenger has predicted for long enough it serves, where it was not worse than the incumbent; else it goes. */
async function settleTrial(parts: RetrainParts, history: JudgedHistory): Promise<void> {
  const { gate, models } = parts;
  const challenger = models.challenger();
  const incumbent = models.current();
  if (!challenger || !incumbent || history.untilMs - challenger.sinceMs < gate.challengerDays * DAY_MS) return;
  const rows = new Map(Array.from(history.set.timeMs, (time, row) => [time, row]));
  const said = parts.shadow().flatMap(({ decisionTimeMs, probabilities }): Judged[] => {
    const row = rows.get(decisionTimeMs);
    const isOnTrial = decisionTimeMs >= challenger.sinceMs && row !== undefined && isKnown(history.set, row, history.untilMs);
    return isOnTrial ? [{ row, decisionTimeMs, probabilities, baseline: challenger.model.ensemble.classShares }] : [];
  });
  const minimumDays = Math.ceil(TRIAL_COVERAGE * gate.challengerDays) - 1;
  const days = comparedDays(parts, history, said);
  const maxCalibrationError = days.length < CALIBRATION_DAYS ? null : gate.bounds.maxCalibrationError;
  const policy = { ...gate, minimumDays, refreshAfterDays: -1, bounds: { ...gate.bounds, maxCalibrationError } };
  await models.endTrial(
    challenger,
    compareForDeployment(days, 0, { dataAgeDays: 0 }, policy, rngOf(parts, history)),
    history.untilMs,
  );
}

function judge(parts: RetrainParts, history: JudgedHistory, scored: readonly WalkForwardPrediction[]): GateVerdict {
  const { models, gate } = parts;
  const searchOverfitting = parts.search?.overfittingProbability ?? undefined;
  const incumbent = models.current();
  if (!incumbent) return FIRST_MODEL;
  const { set, untilMs } = history;
  const ageDays = (untilMs - incumbent.trainedUntilMs) / DAY_MS;
  const newest = trainableRows(set, 0, untilMs).at(-1);
  const dataAgeDays = newest === undefined ? Number.POSITIVE_INFINITY : (untilMs - set.labelKnownMs[newest]!) / DAY_MS;
  const days = comparedDays(parts, history, scored);
  const verdict = compareForDeployment(days, ageDays, { dataAgeDays, searchOverfitting }, gate, rngOf(parts, history));
  if (verdict.decision !== 'promoted' || gate.challengerDays === 0) return verdict;
  return models.challenger() ? { ...verdict, decision: 'kept', reason: 'trial_running' } : { ...verdict, decision: 'challenger' };
}

type Judged = Pick<WalkForwardPrediction, 'row' | 'decisionTimeMs' | 'probabilities' | 'baseline'>;

/** Days on which the serving model had said something beforehand. */
function comparedDays(parts: RetrainParts, { set, forwardReturn }: JudgedHistory, judged: readonly Judged[]): ComparedDay[] {
  const logged = new Map(parts.predictions().map((one) => [one.decisionTimeMs, one.probabilities]));
  return judged.flatMap(({ row, decisionTimeMs, probabilities, baseline }): ComparedDay[] => {
    const incumbent = logged.get(decisionTimeMs);
    if (!incumbent) return [];
    const label = set.label[row] as 0 | 1 | 2;
    return [{ label, candidate: probabilities, incumbent, shares: baseline, forwardReturn: forwardReturn[row]! }];
  });
}

const rngOf = ({ procedure }: RetrainParts, { untilMs }: JudgedHistory) =>
  createRng(procedure.seed, Math.floor(untilMs / DAY_MS));

const CONFORMAL_COVERAGE = 0.9;

/** What the walk-forward predictions of the procedure, and their confidence, were worth. */
function worthOf(set: TrainingSet, scored: readonly WalkForwardPrediction[], rng: Rng) {
  const labels = Uint8Array.from(scored, ({ row }) => set.label[row]!);
  const probabilities = Float64Array.from(scored.flatMap((one) => [...one.probabilities]));
  const baseline = Float64Array.from(scored.flatMap((one) => [...one.baseline]));
  return {
    skill: assessSkill({ probabilities, baseline, labels }, rng).verdict,
    reliability: reliabilityBins(probabilities, labels),
    conformal:
      scored.length === 0
        ? undefined
        : {
            ...fitSplitConformal(probabilities, labels, 3, CONFORMAL_COVERAGE),
            scores: [...nonconformity(probabilities, labels, 3)],
          },
  };
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
