/** Who stands behind the orders: nobody (backtest, paper), the simulated exchange, or a real one. */
export const TRADING_MODES = ['backtest', 'paper', 'sandbox', 'live'] as const;

export type TradingMode = (typeof TRADING_MODES)[number];
