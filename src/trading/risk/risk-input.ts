import type { TimeMs } from '../../domain/index.ts';
import type { DataVerdict } from '../decide.ts';
import type { MarketStatus } from '../symbol-filters.ts';
import type { Trade } from '../trade.ts';

/** A closed trade as risk rules see it. */
export interface ClosedTrade {
  readonly exitTimeMs: TimeMs;
  readonly pnlUsd: number;
  /** Profit as a share of what the position cost. */
  readonly return: number;
  readonly reason: Trade['reason'];
  readonly isStop: boolean;
}

/** The account as risk rules see it. Numbers: they are compared with limits, never booked. */
export interface AccountView {
  readonly nowMs: TimeMs;
  readonly equityUsd: number;
  /** Negative when short. */
  readonly exposure: number;
  /** Average price of what is held in a perpetual; absent on spot, and without a position. */
  readonly entryPriceUsd?: number;
  readonly peakEquityUsd: number;
  readonly dayStartEquityUsd: number;
  readonly weekStartEquityUsd: number;
  /** Orders sent since midnight UTC. */
  readonly ordersToday: number;
  /** Orders of ours whose outcome is open, protective ones that rest at the exchange left out. */
  readonly workingOrders: number;
  /** Ascending in exit time. */
  readonly closedTrades: readonly ClosedTrade[];
}

/** What surrounds a decision besides the account. Absent means not known; a rule that needs it says so. */
export interface RiskContext {
  readonly isHalted: boolean;
  readonly confidence?: number | undefined;
  readonly dataAgeMs: number;
  readonly dataVerdicts?: readonly DataVerdict[];
  readonly modelAgeMs?: number | undefined;
  /** 0 none .. 1 strong. */
  readonly driftLevel?: number | undefined;
  /** Whether the model's own walk-forward showed skill. */
  readonly hasSkill?: boolean | undefined;
  readonly priceUsd: number;
  readonly secondPriceUsd?: number | undefined;
  /** Whether a purchase needs an order book: then a spread or a slippage that is not known denies it. */
  readonly needsBook?: boolean | undefined;
  readonly spreadBps?: number | undefined;
  readonly slippageBps?: number | undefined;
  readonly isExchangeUp?: boolean | undefined;
  /** Whether the market takes orders, as last seen. */
  readonly marketStatus?: MarketStatus | undefined;
  /** The price at a second source; null where one is asked for and does not know it, undefined where none is. */
  readonly otherSourcePriceUsd?: number | null | undefined;
}
