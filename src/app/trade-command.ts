import { HaltedError, InvariantError, latestDailyMs } from '../domain/index.ts';
import type { AppParts } from './app-parts.ts';
import { whyCapitalIgnored } from './changed-capital.ts';
import { acquireRunLock } from './daemon/run-lock.ts';
import { openExtraction } from './extraction.ts';
import { haltTrading } from './halting.ts';
import { livePrices } from './live-prices.ts';
import { modelWarnings, reasonText } from './predict.ts';
import { openPredictionHistory } from './prediction-history.ts';
import type { RegistryModelStore } from './registry-model-store.ts';
import { runScheduledCycle } from './scheduled-cycle.ts';
import { modeOf, openTradingSession } from './trading-session.ts';

/**
 * The decision cycle of the latest scheduled time, on paper, or at the sandbox's exchange in a sandbox's world. Nobody
 * else trades on the data directory meanwhile: two who wrote the order journal at once would damage it.
 * @throws HaltedError `trade.halted`, ConfigError `run.already_running`, InvariantError, for which trading is halted
 */
export async function tradeCommand(parts: AppParts, models: RegistryModelStore) {
  const release = await acquireRunLock(parts);
  try {
    return await haltWhereBroken(parts, () => tradeOnce(parts, models));
  } finally {
    await release();
  }
}

/** Halts, as the daemon does, for what must not be believed, and throws it all the same. */
async function haltWhereBroken<Result>(parts: AppParts, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof InvariantError) await haltFor(parts, error);
    throw error;
  }
}

async function haltFor(parts: AppParts, { code, message }: InvariantError): Promise<void> {
  try {
    await haltTrading(parts, 'system', `${code}: ${message}`);
  } catch (cause) {
    parts.onProgress(`trading could not be halted for ${code}: ${String(cause)}`);
  }
}

async function tradeOnce(parts: AppParts, models: RegistryModelStore) {
  const mode = modeOf(parts);
  const history = await openPredictionHistory(parts.dataDir);
  const session = await openTradingSession(parts, {
    mode,
    model: () => models.current(),
    served: () => history.served.predictions,
    ...(await livePrices(parts)),
  });
  try {
    if (await session.cycle.isHalted())
      throw new HaltedError('trade.halted', 'trading is halted', { hint: 'Resume with `ets resume` when the cause is mended.' });
    const nowMs = parts.clock.nowMs();
    const { days } = await openExtraction(parts).extractUntil(nowMs, { ...(parts.signal && { signal: parts.signal }) });
    const failures = days.flatMap(({ date, datasets }) =>
      datasets.flatMap(({ dataset, error }) => (error ? [`${date} ${dataset}: ${error.message}`] : [])),
    );
    const dueMs = latestDailyMs(nowMs, parts.config.strategy.decisionHourUtc);
    const shadowFailures: string[] = [];
    const result = await runScheduledCycle(session, models, history, dueMs, (why) => shadowFailures.push(why));
    const { record, orders } = result;
    const { ledger } = session.cycle.engine;
    const capital = whyCapitalIgnored(ledger, parts.config.capitalUsd);
    return {
      simulated: mode === 'sandbox',
      mode: record.mode,
      decisionId: record.decisionId,
      decisionTimeMs: record.decisionTimeMs,
      isRepeat: result.isRepeat,
      label: record.prediction ? record.decision.label : null,
      confidence: record.decision.confidence,
      action: record.decision.action,
      risk: { allowed: record.risk.allowed, reasons: [...record.decision.reasons, ...record.risk.reasons].map(reasonText) },
      warnings: [...modelWarnings(models), ...shadowFailures, ...(capital === undefined ? [] : [capital])],
      orders,
      fills: orders.filter(({ filledQuantity }) => Number(filledQuantity) > 0),
      position: { eth: ledger.balance(ledger.baseAsset).toFixed(), usd: ledger.cashUsd.toFixed() },
      equityUsd: result.equityUsd,
      extractionFailures: failures,
    };
  } finally {
    await session.close();
  }
}
