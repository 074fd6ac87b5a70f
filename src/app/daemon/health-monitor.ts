import type { TimeMs } from '../../domain/index.ts';
import type { ModelRegistry, PredictionLog } from '../../model/index.ts';
import type { AppParts } from '../app-parts.ts';
import { type CheckStatusResult, checkStatus } from '../check-status.ts';
import type { HealthCheck } from '../health/health-check.ts';
import { loadView } from '../load-view.ts';
import { type ModelQuality, modelQuality } from '../model-quality.ts';
import type { ServingModel } from '../serving-model.ts';

/** Process time for which a look is as good as a new one. */
const FRESH_MS = 1_000;

export interface HealthMonitorParts {
  readonly parts: AppParts;
  readonly registry: ModelRegistry;
  readonly predictions: Pick<PredictionLog, 'predictions'>;
  readonly model: () => ServingModel | undefined;
  /** What only the running process knows of itself. */
  readonly ownChecks?: () => readonly HealthCheck[];
}

/** The last look at every part, so that metrics can be read often and looking costs once. */
export class HealthMonitor {
  readonly #parts: HealthMonitorParts;
  #looking: Promise<CheckStatusResult> | undefined;
  #latest: CheckStatusResult | undefined;
  #latestAtMs = Number.NEGATIVE_INFINITY;
  #quality: ModelQuality | undefined;
  #judged: { readonly decisionTimeMs: TimeMs; readonly modelId: string } | undefined;

  constructor(parts: HealthMonitorParts) {
    this.#parts = parts;
  }

  get latest(): CheckStatusResult | undefined {
    return this.#latest;
  }

  get quality(): ModelQuality | undefined {
    return this.#quality;
  }

  /** Looks at every part now. A call while one is going on joins it. */
  look(): Promise<CheckStatusResult> {
    this.#looking ??= checkStatus(this.#parts.parts, this.#parts.registry)
      .then((files) => {
        const result = withChecks(files, this.#parts.ownChecks?.() ?? []);
        this.#latest = result;
        this.#latestAtMs = this.#parts.parts.timer.elapsedMs();
        return result;
      })
      .finally(() => {
        this.#looking = undefined;
      });
    return this.#looking;
  }

  /** The last look where it is of this second, else a new one: whoever asks often reads no file more often. */
  async recent(): Promise<CheckStatusResult> {
    const isFresh = this.#parts.parts.timer.elapsedMs() - this.#latestAtMs < FRESH_MS;
    return isFresh && this.#latest ? this.#latest : this.look();
  }

  /** Judges the serving model, where a decision or a model is new since the last time. */
  async judgeModel(): Promise<ModelQuality | undefined> {
    const { parts, predictions, model } = this.#parts;
    const serving = model();
    const last = predictions.predictions.at(-1);
    if (!serving || !last) return undefined;
    const { decisionTimeMs } = last;
    const { modelId } = serving;
    if (this.#judged?.decisionTimeMs === decisionTimeMs && this.#judged.modelId === modelId) return this.#quality;
    const nowMs = parts.clock.nowMs();
    const view = await loadView(parts, nowMs);
    this.#quality = modelQuality(view, serving, predictions.predictions, nowMs);
    this.#judged = { decisionTimeMs, modelId };
    return this.#quality;
  }
}

const SEVERITY = ['ok', 'degraded', 'down'] as const;

function withChecks({ status, checks }: CheckStatusResult, more: readonly HealthCheck[]): CheckStatusResult {
  const worst = Math.max(SEVERITY.indexOf(status), ...more.map((check) => SEVERITY.indexOf(check.status)));
  return { status: SEVERITY[worst] ?? status, checks: [...checks, ...more] };
}
