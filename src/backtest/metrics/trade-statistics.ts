/** What the statistics need of a trade; an entry of `trade_history.json` fits. Decimals may be strings. */
export interface TradeOutcome {
  /** Null while the trade is open. */
  readonly exitTimeMs: number | null;
  readonly pnlUsd: number | string;
  readonly feesUsd: number | string;
}

/** Of closed trades, after fees; null where there is none, or where nothing was lost (profit factor). */
export interface TradeStatistics {
  readonly trades: number;
  readonly closedTrades: number;
  /** Share of closed trades that earned something. */
  readonly winRate: number | null;
  /** Everything won over everything lost. */
  readonly profitFactor: number | null;
  /** Mean profit or loss of a closed trade. */
  readonly expectancyUsd: number | null;
  /** Of all trades, the open one too. */
  readonly feesUsd: number;
}

export function tradeStatistics(trades: readonly TradeOutcome[]): TradeStatistics {
  const closed = trades.filter((trade) => trade.exitTimeMs !== null).map((trade) => Number(trade.pnlUsd));
  const won = closed.filter((pnl) => pnl > 0);
  const lost = sum(closed.filter((pnl) => pnl < 0));
  return {
    trades: trades.length,
    closedTrades: closed.length,
    winRate: closed.length === 0 ? null : won.length / closed.length,
    profitFactor: lost < 0 ? sum(won) / -lost : null,
    expectancyUsd: closed.length === 0 ? null : sum(closed) / closed.length,
    feesUsd: sum(trades.map((trade) => Number(trade.feesUsd))),
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
