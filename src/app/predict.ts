import {
  CLASS_LABELS,
  type ClassIndex,
  type ClassLabel,
  latestDailyMs,
  ManualClock,
  ModelError,
  type TimeMs,
} from '../domain/index.ts';
import { MemoryDecisionLog, MemoryJournal, MemoryPerformanceLog, type Reason, TradingEngine } from '../trading/index.ts';
import type { AppParts } from './app-parts.ts';
import { cycleSettings } from './cycle-settings.ts';
import type { CycleParts } from './cycle-types.ts';
import { decideAt } from './daily-cycle.ts';
import { featureCodeWarning } from './feature-code.ts';
import { loadView } from './load-view.ts';
import { paperRoute } from './order-route.ts';
import { openPredictionHistory } from './prediction-history.ts';
import type { RegistryModelStore } from './registry-model-store.ts';

/** The models of the registry, and what is the matter with them. */
export type ServingModels = Pick<RegistryModelStore, 'current' | 'warnings'>;

/** What would be decided at a time by an account that holds cash only. */
export interface PredictResult {
  readonly decisionTimeMs: TimeMs;
  readonly modelId: string;
  readonly class: ClassIndex;
  readonly label: ClassLabel;
  readonly probabilities: readonly [number, number, number];
  readonly confidence: number;
  /**
   * Classes that cannot be ruled out at the stated coverage, by the `outcomes` of served predictions that were known at the
   * time; null where the model has no walk-forward predictions.
   */
  readonly predictionSet: {
    readonly coverage: number;
    readonly missRate: number | null;
    readonly outcomes: number;
    readonly classes: readonly ClassLabel[];
  } | null;
  readonly action: ClassLabel;
  readonly reasons: readonly string[];
  /** What speaks against trusting the model, whatever it predicts. */
  readonly warnings: readonly string[];
}

/** @throws ModelError `predict.no_model`, `predict.no_prediction` */
export async function predict(parts: AppParts, models: ServingModels, atMs: TimeMs): Promise<PredictResult> {
  const model = models.current();
  const decisionTimeMs = latestDailyMs(atMs, parts.config.strategy.decisionHourUtc);
  if (!model) throw new ModelError('predict.no_model', 'no model is current', { hint: 'Train one with `ets train`.' });
  const view = await loadView(parts, decisionTimeMs);
  const quote = async () => ({ priceUsd: view.lastClose(model.canonical, decisionTimeMs), atMs: decisionTimeMs });
  const route = paperRoute(parts.config, 'backtest', quote);
  const settings = cycleSettings(parts.config, route, null);
  const clock = new ManualClock(decisionTimeMs);
  const engine = await TradingEngine.open({
    journal: new MemoryJournal(),
    clock,
    connect: route.connect,
    gate: () => [],
    capitalUsd: parts.config.capitalUsd,
  });
  const { served } = await openPredictionHistory(parts.dataDir);
  const cycle: CycleParts = {
    settings,
    clock,
    market: { view: async () => view, inputs: async () => [], quote },
    model: () => model,
    served: () => served.predictions,
    engine,
    route,
    decisions: new MemoryDecisionLog(),
    performance: new MemoryPerformanceLog(),
    noteSurroundings: () => undefined,
    isHalted: async () => false,
    halt: async () => undefined,
  };
  const { prediction, predictionSet, decision, risk } = await decideAt(cycle, view, 'prediction', decisionTimeMs);
  if (!prediction)
    throw new ModelError('predict.no_prediction', 'the model gave no prediction', { hint: 'See `ets models list`.' });
  const { classIndex, probabilities, confidence } = prediction;
  return {
    decisionTimeMs,
    modelId: model.modelId,
    class: classIndex,
    label: CLASS_LABELS[classIndex],
    probabilities,
    confidence,
    predictionSet: predictionSet
      ? { ...predictionSet, classes: predictionSet.classes.map((classIndex) => CLASS_LABELS[classIndex]) }
      : null,
    action: risk.allowed ? decision.action : 'HOLD',
    reasons: [...decision.reasons, ...risk.reasons].map(reasonText),
    warnings: modelWarnings(models),
  };
}

/** Why the model that serves is not the current one, and what speaks against trusting it, for people; empty where nothing does. */
export const modelWarnings = (models: ServingModels): string[] => {
  const model = models.current();
  const warning = featureCodeWarning(model?.featureCodeHash);
  const own = model && warning ? [`model ${model.modelId}: ${warning}; train a new one with \`ets train\``] : [];
  return [...models.warnings, ...own];
};

/** `confidence_below_threshold (0.41 against 0.45)` */
export const reasonText = ({ rule, value, limit }: Reason): string => {
  const compared = value === null ? '' : limit === null ? ` (${short(value)})` : ` (${short(value)} against ${short(limit)})`;
  return `${rule}${compared}`;
};

const short = (value: number | string): string => (typeof value === 'number' ? String(Number(value.toPrecision(4))) : value);
