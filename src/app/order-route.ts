import type { Config } from '../config/index.ts';
import { type Money, money, type TimeMs } from '../domain/index.ts';
import {
  BINANCE_ETHUSDT_FILTERS,
  BINANCE_ETHUSDT_PERPETUAL_FILTERS,
  type Broker,
  fundingTimesDue,
  type Ledger,
  type OrderIntent,
  type OrderOutcome,
  PaperBroker,
  type Quote,
  retryIntent,
  type SymbolFilters,
  type SymbolMarket,
  simulatedFunding,
  type TradingEngine,
  type TradingMode,
} from '../trading/index.ts';

/** What a comparison with the exchange says about trading now. */
export type RouteStatus =
  | { readonly kind: 'ready' }
  | { readonly kind: 'exchange_down'; readonly why: string }
  /** The exchange answers, and does not list the symbol any more. */
  | { readonly kind: 'not_trading'; readonly why: string }
  | { readonly kind: 'halt'; readonly why: string };

/** Why trading halts where a comparison says so: the same words whoever compared, so that one halt is told once. */
export const haltReason = ({ why }: Extract<RouteStatus, { kind: 'halt' }>): string =>
  `the exchange and the journal do not agree: ${why}`;

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
  /** Books the funding that a simulated position owes or gets until then; a venue's is booked by `check`. */
  accrueFunding?(engine: TradingEngine, untilMs: TimeMs): Promise<void>;
  /** Where the venue said, at the last check, that it liquidates a position of that size. */
  liquidation?(): Liquidation | undefined;
}

export interface Liquidation {
  /** Signed. */
  readonly quantityEth: Money;
  readonly priceUsd: Money;
}

/**
 * Orders fill at the given price at once, with the configured fee and slippage; a stop at the price that it names. With
 * perpetuals a position may be short, within the margin, and pays or gets the configured funding.
 */
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
  const { enabled, leverage, fundingBpsPer8h } = config.futures;
  const filters = enabled ? BINANCE_ETHUSDT_PERPETUAL_FILTERS : BINANCE_ETHUSDT_FILTERS;
  const perpetual = enabled ? { leverage } : undefined;
  return {
    mode,
    market: () => ({ filters, status: 'trading' }),
    connect: (account) => new PaperBroker({ ...config.costs, filters, quotes, perpetual }, account),
    ...(enabled && {
      async accrueFunding(engine: TradingEngine, untilMs: TimeMs) {
        for (const paidAtMs of fundingTimesDue(engine.ledger, untilMs)) {
          const price = await quote(paidAtMs);
          // Without a price it is not known how much; the next look books it.
          if (price === undefined) return;
          await engine.recordFunding([simulatedFunding(engine.ledger, price.priceUsd, fundingBpsPer8h, paidAtMs)]);
        }
      },
    }),
    settle: async (engine, intents) => {
      const outcomes = await engine.execute(intents);
      const left = intents.flatMap((intent) => wayOutOf(engine, intent, filters) ?? []);
      return left.length === 0 ? outcomes : [...outcomes, ...(await engine.execute(left))];
    },
    protect: async () => undefined,
    withdraw: async () => true,
    check: async () => ({ kind: 'ready' }),
  };
}

/** Of an order that would have turned a position, and that the gate denied: what closes it all the same. */
function wayOutOf({ ledger }: TradingEngine, intent: OrderIntent, filters: SymbolFilters): OrderIntent | undefined {
  if (intent.reduceOnly !== false || ledger.order(intent.clientOrderId).state !== 'NOT_SENT') return undefined;
  const { referencePriceUsd, plannedAtMs: nowMs, validUntilMs } = intent;
  return retryIntent(ledger, intent, { priceUsd: money(referencePriceUsd), filters, nowMs, validUntilMs, maxAttempts: 2 });
}
