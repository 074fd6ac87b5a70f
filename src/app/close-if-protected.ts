import { HOUR_MS, type KnownSeries, type TimeMs, upperBound } from '../domain/index.ts';
import { checkProtection, type OrderOutcome, type ProtectionBar, planExit, protectedAt, trailOver } from '../trading/index.ts';
import type { CycleParts } from './cycle-types.ts';
import type { MarketView } from './market-view.ts';

/**
 * Leaves the position where a candle since the last cycle reached its stop or target: on the finest stored candles, stop
 * before target inside one bar, a gap at its open. Where both rest at the exchange, it has done so itself.
 */
export async function closeIfProtected(parts: CycleParts, view: MarketView, nowMs: TimeMs): Promise<OrderOutcome[]> {
  const { engine, route, settings, performance } = parts;
  const { ledger } = engine;
  const { protection } = ledger.position;
  if (protection === null || ledger.openTrade === null) return [];
  const fromMs = Math.max(ledger.openTrade.entryTimeMs, performance.points.at(-1)?.timeMs ?? 0);
  const canonical = parts.model()?.canonical ?? view.canonicalFor(nowMs).series;
  const bars = [...barsBetween(view.finestCandles(canonical, fromMs, nowMs), fromMs, nowMs)];
  const trigger = protectedAt(ledger) === 'exchange' ? undefined : checkProtection(protection, bars);
  if (!trigger) {
    const raised = trailOver(protection, bars);
    if (raised !== protection) await engine.recordProtection(raised);
    return [];
  }
  const intent = planExit(ledger, {
    leg: trigger.leg,
    symbol: settings.symbol,
    mode: settings.mode,
    priceUsd: trigger.priceUsd,
    triggerPriceUsd: trigger.priceUsd,
    filters: route.market().filters,
    nowMs: trigger.atMs,
    validUntilMs: parts.clock.nowMs() + HOUR_MS,
    reason: trigger.leg,
    isPerpetual: settings.limits.futures !== undefined,
  });
  // What was due before the stop was reached was due on the whole position.
  if (intent) await route.accrueFunding?.(engine, trigger.atMs);
  return intent ? route.settle(engine, [intent]) : [];
}

function* barsBetween(candles: KnownSeries, fromMs: TimeMs, toMs: TimeMs): Generator<ProtectionBar> {
  const { open, high, low } = candles.numbers;
  if (!open || !high || !low) return;
  for (let row = upperBound(candles.timeMs, fromMs - 1); row < candles.rows && candles.endMs[row]! <= toMs; row++) {
    if (candles.knownFromMs[row]! > toMs || Number.isNaN(low[row]!)) continue;
    yield { openTimeMs: candles.timeMs[row]!, open: open[row]!, high: high[row]!, low: low[row]! };
  }
}
