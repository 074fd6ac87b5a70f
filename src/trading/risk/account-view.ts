import { DAY_MS, type Money, startOfDayMs, type TimeMs, toNumber } from '../../domain/index.ts';
import type { Ledger } from '../ledger.ts';
import type { EquityPoint } from '../performance-log.ts';
import { tradePnlUsd, tradeReturn } from '../trade.ts';
import type { AccountView, ClosedTrade } from './risk-input.ts';
import { WEEK_MS } from './risk-rules.ts';

/** The account at `priceUsd` and `nowMs`, with its equity history (ascending; what is not in it began with today's equity). */
export function accountView(ledger: Ledger, priceUsd: Money, nowMs: TimeMs, history: readonly EquityPoint[]): AccountView {
  const equityUsd = toNumber(ledger.equityUsd(priceUsd));
  const past = history.filter((point) => point.timeMs < nowMs);
  const capital = toNumber(ledger.transfersUsd);
  return {
    nowMs,
    equityUsd,
    exposure: ledger.exposure(priceUsd),
    peakEquityUsd: past.reduce((peak, point) => Math.max(peak, point.equityUsd), Math.max(equityUsd, capital)),
    dayStartEquityUsd: equityAt(past, nowMs - DAY_MS) ?? capital,
    weekStartEquityUsd: equityAt(past, nowMs - WEEK_MS) ?? capital,
    ordersToday: countOrdersSince(ledger, startOfDayMs(nowMs)),
    closedTrades: ledger.closedTrades.map(
      (trade): ClosedTrade => ({
        exitTimeMs: trade.exitTimeMs ?? nowMs,
        pnlUsd: toNumber(tradePnlUsd(trade)),
        return: tradeReturn(trade),
        reason: trade.reason,
        isStop: trade.reason === 'stop_loss' || trade.reason === 'trailing_stop',
      }),
    ),
  };
}

/** The last equity known at `timeMs`, or the first one after it. */
function equityAt(history: readonly EquityPoint[], timeMs: TimeMs): number | undefined {
  return (history.findLast((point) => point.timeMs <= timeMs) ?? history[0])?.equityUsd;
}

/** Orders planned since then that were not given up; counts back from the newest, as orders are kept in their order. */
export function countOrdersSince(ledger: Ledger, sinceMs: TimeMs): number {
  let count = 0;
  for (const order of [...ledger.orders.values()].reverse()) {
    if (order.intent.plannedAtMs < sinceMs) break;
    if (order.state !== 'NOT_SENT') count++;
  }
  return count;
}
