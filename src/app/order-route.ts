import type { Config } from '../config/index.ts';
import { money, type TimeMs } from '../domain/index.ts';
import {
  BINANCE_ETHUSDT_FILTERS,
  type Broker,
  type Ledger,
  type OrderIntent,
  type OrderOutcome,
  PaperBroker,
  type Quote,
  type SymbolMarket,
  type TradingEngine,
  type TradingMode,
} from '../trading/index.ts';

/** What a comparison with the exchange says about trading now. */
export type RouteStatus =
  | { readonly kind: 'ready' }
  | { readonly kind: 'exchange_down'; readonly why: string }
  | { readonly kind: 'halt'; readonly why: string };

/** Where orders go: on paper, to the sandbox's exchange or to a real one. The cycle does not know which. */
export interface OrderRoute {
  readonly mode: TradingMode;
  /** The symbol as the last check saw it. */
  market(): SymbolMarket;
  /** The symbol as the exchange has it now; absent where orders are simulated. @throws ExchangeError */
  readonly marketNow?: () => Promise<SymbolMarket>;
  connect(ledger: Ledger): Broker | Promise<Broker>;
  /** Carries out intents until their outcome is known, or leaves them for the next look. */
  settle(engine: TradingEngine, intents: readonly OrderIntent[]): Promise<OrderOutcome[]>;
  /** Brings the stop and target that rest at the exchange in step with the position, where it takes such orders. */
  protect(engine: TradingEngine): Promise<void>;
  /** Takes stop and target off the exchange. @returns whether none is left there */
  withdraw(engine: TradingEngine): Promise<boolean>;
  /** Goes on with orders that were left, then compares the journal with the exchange. */
  check(engine: TradingEngine): Promise<RouteStatus>;
}

/** Orders fill at the given price at once, with the configured fee and slippage; a stop at the price that it names. */
export function paperRoute(
  config: Config,
  mode: 'paper' | 'backtest',
  quote: (atMs: TimeMs) => Promise<Quote | undefined>,
): OrderRoute {
  const quotes = {
    quote: (intent: OrderIntent) =>
      intent.triggerPriceUsd === undefined
        ? quote(intent.plannedAtMs)
        : { priceUsd: money(intent.triggerPriceUsd), atMs: intent.plannedAtMs },
  };
  return {
    mode,
    market: () => ({ filters: BINANCE_ETHUSDT_FILTERS, status: 'trading' }),
    connect: (account) => new PaperBroker({ ...config.costs, filters: BINANCE_ETHUSDT_FILTERS, quotes }, account),
    settle: (engine, intents) => engine.execute(intents),
    protect: async () => undefined,
    withdraw: async () => true,
    check: async () => ({ kind: 'ready' }),
  };
}
