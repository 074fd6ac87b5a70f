import type { TimeMs } from '../domain/index.ts';
import type { CycleResult } from './cycle-types.ts';
import { runDailyCycle } from './daily-cycle.ts';
import type { PredictionHistory } from './prediction-history.ts';
import type { ModelStore } from './retrain.ts';
import { predictAt } from './serving-model.ts';
import type { TradingSession } from './trading-session.ts';

/** A daily cycle with what is kept beside the journal: the predictions that gates compare with, and the trade history. */
export async function runScheduledCycle(
  session: TradingSession,
  models: Pick<ModelStore, 'challenger'>,
  history: PredictionHistory,
  decisionTimeMs: TimeMs,
): Promise<CycleResult> {
  const { cycle } = session;
  const result = await runDailyCycle(cycle, decisionTimeMs);
  const { prediction, predictionSet, modelId } = result.record;
  const baseline = cycle.model()?.ensemble.classShares;
  if (prediction && modelId !== null && baseline && !result.isRepeat) {
    const recordedMs = cycle.clock.nowMs();
    await history.served.record({
      ...{ decisionTimeMs, modelId, probabilities: prediction.probabilities, baseline, recordedMs },
      ...(predictionSet && { predictionSet: predictionSet.classes }),
    });
    const model = models.challenger()?.model;
    if (model) {
      const { probabilities } = predictAt(model, await cycle.market.view(decisionTimeMs), decisionTimeMs);
      const { modelId: own, ensemble } = model;
      await history.shadow.record({ decisionTimeMs, modelId: own, probabilities, baseline: ensemble.classShares, recordedMs });
    }
  }
  await session.writeHistory();
  return result;
}
