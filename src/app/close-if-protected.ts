import { type KnownSeries, type Money, money, type TimeMs, upperBound } from '../domain/index.ts';
import {
  checkProtection,
  type OrderLeg,
  type OrderOutcome,
  type ProtectionBar,
  protectedAt,
  trailOver,
} from '../trading/index.ts';
import type { CycleParts } from './cycle-types.ts';
import { exitOrder } from './exit-order.ts';
import type { MarketView } from './market-view.ts';

/**
 * Leaves the position where a candle since the last cycle reached its stop or target, or began when it had been held for
 * as long as it may: on the finest stored candles, stop before target inside one bar, a gap at its open, the end of
 * holding at the open. Where stop and target rest at the exchange, it has done so itself. What is held too long at the
 * time of the decision itself is the decision's to judge, which may renew it.
 */
export async function closeIfProtected(parts: CycleParts, view: MarketView, nowMs: TimeMs): Promise<OrderOutcome[]> {
  const { engine, route, settings, performance } = parts;
  const { ledger } = engine;
  // Ether that was given by hand has a stop and no trade.
  const { protection, lastBuyMs, quantityEth } = ledger.position;
  if (quantityEth.eq(0)) return [];
  const fromMs = Math.max(ledger.openTrade?.entryTimeMs ?? 0, performance.points.at(-1)?.timeMs ?? 0);
  const canonical = parts.model()?.canonical ?? view.canonicalFor(nowMs).series;
  const bars = [...barsBetween(view.finestCandles(canonical, fromMs, nowMs), fromMs, nowMs)];
  const endMs = lastBuyMs === null ? Number.POSITIVE_INFINITY : lastBuyMs + settings.policy.maxHoldingMs;
  const last = bars.findIndex(({ openTimeMs }) => openTimeMs >= endMs);
  const watched = last < 0 ? bars : bars.slice(0, last);
  const trigger = protectedAt(ledger) === 'exchange' ? undefined : checkProtection(protection, watched);
  const end: Exit | undefined = trigger ?? timeExit(bars[last]);
  if (!end) {
    const raised = protection && trailOver(protection, bars);
    if (raised !== protection) await engine.recordProtection(raised);
    return [];
  }
  const intent = exitOrder(parts, { leg: end.leg, priceUsd: end.priceUsd, triggerPriceUsd: end.priceUsd, nowMs: end.atMs });
  // What was due before the position was left was due on the whole of it.
  if (intent) await route.accrueFunding?.(engine, end.atMs);
  return intent ? route.settle(engine, [intent]) : [];
}

interface Exit {
  readonly leg: OrderLeg;
  readonly priceUsd: Money;
  readonly atMs: TimeMs;
}

const timeExit = (bar: ProtectionBar | undefined): Exit | undefined =>
  bar && { leg: 'time_exit', priceUsd: money(bar.open), atMs: bar.openTimeMs };

function* barsBetween(candles: KnownSeries, fromMs: TimeMs, toMs: TimeMs): Generator<ProtectionBar> {
  const { open, high, low } = candles.numbers;
  if (!open || !high || !low) return;
  for (let row = upperBound(candles.timeMs, fromMs - 1); row < candles.rows && candles.endMs[row]! <= toMs; row++) {
    if (candles.knownFromMs[row]! > toMs || Number.isNaN(low[row]!)) continue;
    yield { openTimeMs: candles.timeMs[row]!, open: open[row]!, high: high[row]!, low: low[row]! };
  }
}
