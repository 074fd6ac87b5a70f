import type { Clock, Money, TimeMs } from '../domain/index.ts';
import type {
  BookCost,
  DecisionLog,
  DecisionPolicy,
  DecisionRecord,
  ExposurePolicy,
  Halt,
  LimitPolicy,
  OrderOutcome,
  OrderSide,
  PerformanceLog,
  Quote,
  RiskLimits,
  TradingEngine,
  TradingMode,
} from '../trading/index.ts';
import type { MarketView } from './market-view.ts';
import type { OrderRoute } from './order-route.ts';
import type { Surroundings } from './risk-surroundings.ts';
import type { ServedPrediction } from './served-outcomes.ts';
import type { DecidingModel } from './serving-model.ts';

/** Where a cycle takes the world from: the store and a live price, or stored time in a backtest. */
export interface CycleMarket {
  /** Everything known at the decision time, read once. */
  view(decisionTimeMs: TimeMs): Promise<MarketView>;
  /** Which stored rows the view was made from, for the decision record. */
  inputs(): Promise<DecisionRecord['inputs']>;
  /** The first price at which one could trade at or after the time; nothing where there is none. */
  quote(decisionTimeMs: TimeMs): Promise<Quote | undefined>;
  /** The same from a source of its own, where `quote` is what a stream told. */
  secondQuote?(atMs: TimeMs): Promise<Quote | undefined>;
  /** What trading for so much would cost against the order book now; absent where there is no book. */
  cost?(notionalUsd: Money, side: OrderSide): Promise<BookCost | undefined>;
}

/** What stays the same from cycle to cycle. */
export interface CycleSettings {
  readonly strategy: string;
  readonly symbol: string;
  readonly mode: TradingMode;
  /** Tells backtests and demos apart. */
  readonly runId: string | null;
  readonly configHash: string;
  readonly policy: DecisionPolicy;
  /** How large a position a BUY asks for. */
  readonly exposure: ExposurePolicy;
  /** Fees and slippage of entering and leaving, as a fraction. */
  readonly roundTripCost: number;
  readonly limits: RiskLimits;
  /** Share of the wanted exposure that is kept while drift says act. */
  readonly exposureAtDrift: number;
  /** How orders rest in the book; absent: market orders. */
  readonly limit: LimitPolicy | undefined;
  /** Another stored series whose last close has to agree with the price. */
  readonly secondSource: string | undefined;
  readonly costs: { readonly feeBps: number; readonly slippageBps: number };
}

export interface CycleParts {
  readonly settings: CycleSettings;
  readonly clock: Clock;
  readonly market: CycleMarket;
  /** The model that serves now; nothing before the first training. */
  readonly model: () => DecidingModel | undefined;
  /** What models said while they served, ascending in time. */
  readonly served: () => readonly ServedPrediction[];
  readonly engine: TradingEngine;
  readonly route: OrderRoute;
  readonly decisions: DecisionLog;
  readonly performance: PerformanceLog;
  /** Keeps what a decision was made from for the gate, which looks again before each order of it. */
  readonly noteSurroundings: (context: Surroundings, decisionTimeMs: TimeMs) => void;
  readonly isHalted: () => Promise<boolean>;
  /** No new risk from now on; what is held may still be sold. @returns the halt in force, an earlier one where there is; nothing where none is traded by */
  readonly halt: (why: string) => Promise<Halt | undefined>;
}

/** What one cycle came to. A repeat tells what the first one came to. */
export interface CycleResult {
  readonly record: DecisionRecord;
  /** Orders of this decision, and of a stop or target reached before it. */
  readonly orders: readonly OrderOutcome[];
  /** Price at which equity is marked. */
  readonly priceUsd: string;
  readonly equityUsd: string;
  /** Share of equity in Ether afterwards. */
  readonly exposure: number;
  readonly isRepeat: boolean;
}
