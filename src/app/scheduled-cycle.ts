import type { TimeMs } from '../domain/index.ts';
import type { CycleResult } from './cycle-types.ts';
import { runDailyCycle } from './daily-cycle.ts';
import type { PredictionHistory } from './prediction-history.ts';
import type { ModelStore } from './retrain.ts';
import { predictAt, type ServingModel } from './serving-model.ts';
import type { TradingSession } from './trading-session.ts';

/**
 * A daily cycle with what is kept beside the journal: the predictions that gates compare with, and the trade history.
 * @param onShadowFailure told where the challenger could not predict: its day is not counted, and the cycle goes on
 */
export async function runScheduledCycle(
  session: TradingSession,
  models: Pick<ModelStore, 'challenger'>,
  history: PredictionHistory,
  decisionTimeMs: TimeMs,
  onShadowFailure: (why: string) => void,
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
    const challenger = models.challenger()?.model;
    if (challenger) {
      await predictInShadow(challenger, cycle, history, decisionTimeMs).catch((error: unknown) =>
        onShadowFailure(`the challenger ${challenger.modelId} did not predict: ${messageOf(error)}`),
      );
    }
  }
  await session.writeHistory();
  return result;
}

/** Nobody follows a challenger, so nothing that it does may stand in the way of a decision. */
async function predictInShadow(
  model: ServingModel,
  { market, clock }: TradingSession['cycle'],
  { shadow }: PredictionHistory,
  decisionTimeMs: TimeMs,
): Promise<void> {
  const { probabilities } = predictAt(model, await market.view(decisionTimeMs), decisionTimeMs);
  const { modelId, ensemble } = model;
  await shadow.record({
    ...{ decisionTimeMs, modelId, probabilities, baseline: ensemble.classShares },
    recordedMs: clock.nowMs(),
  });
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
