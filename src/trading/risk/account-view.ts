import { DAY_MS, type Money, startOfDayMs, type TimeMs, toNumber } from '../../domain/index.ts';
import type { Ledger } from '../ledger.ts';
import type { EquityPoint } from '../performance-log.ts';
import { timeWeightedEquity } from '../time-weighted.ts';
import { tradePnlUsd, tradeReturn } from '../trade.ts';
import type { AccountView, ClosedTrade } from './risk-input.ts';
import { WEEK_MS } from './risk-rules.ts';

/** Reasons of an exit that a loss forced. */
const STOPS: ReadonlySet<string> = new Set(['stop_loss', 'trailing_stop', 'liquidation_near']);

/** The account at `priceUsd` and `nowMs`, with its equity history (ascending; what is not in it began with today's equity). */
export function accountView(ledger: Ledger, priceUsd: Money, nowMs: TimeMs, history: readonly EquityPoint[]): AccountView {
  const equityUsd = toNumber(ledger.equityUsd(priceUsd));
  const past = withoutTransfers(
    history.filter((point) => point.timeMs < nowMs),
    { equityUsd, transfersUsd: toNumber(ledger.transfersUsd) },
  );
  return {
    nowMs,
    equityUsd,
    exposure: ledger.exposure(priceUsd),
    ...(ledger.openTrade?.direction !== undefined && { entryPriceUsd: entryPriceOf(ledger) }),
    peakEquityUsd: Math.max(equityUsd, past.startUsd, ...past.points.map((point) => point.equityUsd)),
    dayStartEquityUsd: equityAt(past.points, nowMs - DAY_MS) ?? past.startUsd,
    weekStartEquityUsd: equityAt(past.points, nowMs - WEEK_MS) ?? past.startUsd,
    ordersToday: countOrdersSince(ledger, startOfDayMs(nowMs)),
    workingOrders: ledger.workingOrders().length,
    closedTrades: ledger.closedTrades.map(
      (trade): ClosedTrade => ({
        exitTimeMs: trade.exitTimeMs ?? nowMs,
        pnlUsd: toNumber(tradePnlUsd(trade)),
        return: tradeReturn(trade),
        reason: trade.reason,
        isStop: STOPS.has(trade.reason),
      }),
    ),
  };
}

const entryPriceOf = ({ position }: Ledger): number => toNumber(position.costUsd) / toNumber(position.quantityEth);

/** Past equity, and the capital at the start, comparable with equity now: money moved by hand is neither gain nor loss. */
function withoutTransfers(past: readonly EquityPoint[], now: Pick<EquityPoint, 'equityUsd' | 'transfersUsd'>) {
  const startUsd = (past[0] ?? now).transfersUsd;
  const [start = startUsd, ...values] = timeWeightedEquity([{ equityUsd: startUsd, transfersUsd: startUsd }, ...past, now]);
  return { startUsd: start, points: past.map(({ timeMs }, i) => ({ timeMs, equityUsd: values[i]! })) };
}

/** The last equity known at `timeMs`, or the first one after it. */
function equityAt(history: readonly Pick<EquityPoint, 'timeMs' | 'equityUsd'>[], timeMs: TimeMs): number | undefined {
  return (history.findLast((point) => point.timeMs <= timeMs) ?? history[0])?.equityUsd;
}

/**
 * Orders planned since then that were not given up, protective ones at the exchange left out. Orders are not in the order
 * of their times: a stop carries the time of the candle that reached it, an adopted order that of the exchange.
 */
export function countOrdersSince(ledger: Ledger, sinceMs: TimeMs): number {
  let count = 0;
  for (const { intent, state } of ledger.orders.values())
    if (intent.plannedAtMs >= sinceMs && state !== 'NOT_SENT' && intent.listClientOrderId === undefined) count++;
  return count;
}
