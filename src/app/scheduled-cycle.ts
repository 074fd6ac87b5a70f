import type { TimeMs } from '../domain/index.ts';
import type { PredictionLog } from '../model/index.ts';
import type { CycleResult } from './cycle-types.ts';
import { runDailyCycle } from './daily-cycle.ts';
import type { TradingSession } from './trading-session.ts';

/** A daily cycle with what is kept beside the journal: the prediction that gates compare with, and the trade history. */
export async function runScheduledCycle(
  session: TradingSession,
  log: PredictionLog,
  decisionTimeMs: TimeMs,
): Promise<CycleResult> {
  const { cycle } = session;
  const result = await runDailyCycle(cycle, decisionTimeMs);
  const { prediction, modelId } = result.record;
  const baseline = cycle.model()?.ensemble.classShares;
  if (prediction && modelId !== null && baseline && !result.isRepeat) {
    await log.record({
      decisionTimeMs,
      modelId,
      probabilities: prediction.probabilities,
      baseline,
      recordedMs: cycle.clock.nowMs(),
    });
  }
  await session.writeHistory();
  return result;
}
