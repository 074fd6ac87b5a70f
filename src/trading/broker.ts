import type { Money, TimeMs } from '../domain/index.ts';
import type { Fill, OrderIntent } from './order.ts';
import type { OrderListIntent } from './order-list.ts';
import type { OrderState } from './order-state.ts';
import type { SymbolMarket } from './symbol-filters.ts';
import type { ConnectUserStream } from './user-stream/connect-user-stream.ts';

/** States that an exchange reports. */
export type VenueState = Extract<OrderState, 'ACCEPTED' | 'PARTIALLY_FILLED' | 'FILLED' | 'CANCELLED' | 'REJECTED' | 'EXPIRED'>;

/** An order as the exchange shows it. `fills` may lag behind `executedQuantity`; then it has to be asked again. */
export interface OrderReport {
  readonly clientOrderId: string;
  readonly venueOrderId: string;
  readonly state: VenueState;
  readonly side: OrderIntent['side'];
  /** In the base asset. */
  readonly quantity: Money;
  /** Absent where the venue does not tell; `other` where it is none that is placed here. */
  readonly type?: OrderIntent['type'] | 'other';
  /** null for a market order. */
  readonly limitPriceUsd: string | null;
  /** Absent where there is none, or the venue does not tell. */
  readonly stopPriceUsd?: string;
  readonly executedQuantity: Money;
  readonly fills: readonly Fill[];
  readonly atMs: TimeMs;
}

/**
 * `rejected`: the venue did not take the order; `isTransient` when it was for load, limits or the clock, so that a new
 * attempt makes sense, `brokeFilter` when quantity or price break the rules of the symbol, which may have changed since
 * they were read, `isDuplicate` when it has another order of the same id. `unknown`: the order may or may not exist. Nothing but a look-up may find out.
 */
export type SubmitResult =
  | { readonly outcome: 'accepted'; readonly report: OrderReport }
  | {
      readonly outcome: 'rejected';
      readonly message: string;
      readonly isTransient?: boolean;
      readonly brokeFilter?: boolean;
      readonly isDuplicate?: boolean;
    }
  | { readonly outcome: 'unknown'; readonly message: string };

/**
 * `not_found`: at the venue's time `venueTimeMs` the order was neither under its id nor among open orders, all orders
 * and trades. One such answer proves nothing while the order could still arrive.
 */
export type LookupResult =
  | { readonly outcome: 'found'; readonly report: OrderReport }
  | { readonly outcome: 'not_found'; readonly venueTimeMs: TimeMs }
  | { readonly outcome: 'unknown'; readonly message: string };

export type CancelResult =
  | { readonly outcome: 'done'; readonly report: OrderReport }
  | { readonly outcome: 'not_cancelled'; readonly message: string }
  | { readonly outcome: 'unknown'; readonly message: string };

/** As `SubmitResult`, for a list that the venue takes or refuses as one. */
export type SubmitListResult =
  | { readonly outcome: 'accepted'; readonly reports: readonly OrderReport[] }
  | Exclude<SubmitResult, { readonly outcome: 'accepted' }>;

/** As `CancelResult`, for every order of a list. */
export type CancelListResult =
  | { readonly outcome: 'done'; readonly reports: readonly OrderReport[] }
  | Exclude<CancelResult, { readonly outcome: 'done' }>;

/** Whether a list is known to the venue and still at work there. */
export type LookupListResult =
  | { readonly outcome: 'found'; readonly isExecuting: boolean; readonly clientOrderIds: readonly string[] }
  | { readonly outcome: 'not_found' }
  | { readonly outcome: 'unknown'; readonly message: string };

/** What a look-up or cancellation needs to know of an order. */
export interface OrderReference {
  readonly clientOrderId: string;
  readonly symbol: string;
  readonly venueOrderId: string | null;
  readonly plannedAtMs: TimeMs;
  /** How far the venue's clock was ahead of ours when the order was announced, in ms; as it is now where that is not known. */
  readonly venueAheadMs?: number | undefined;
}

/** A fee that was charged, to be valued. */
export interface ChargedFee {
  readonly asset: string;
  readonly amount: string;
  readonly executedAtMs: TimeMs;
}

export interface AssetBalance {
  readonly free: Money;
  readonly locked: Money;
}

/** What a venue can do; the contract suite proves each claim. */
export interface BrokerCapabilities {
  readonly orderTypes: readonly OrderIntent['type'][];
  /** The venue takes our order id and finds orders by it. Without it live trading is refused. */
  readonly setsClientOrderId: boolean;
  readonly looksUpByClientOrderId: boolean;
  readonly clientOrderIdLength: number;
  readonly placesStops: boolean;
  readonly placesOco: boolean;
  readonly hasTestnet: boolean;
  readonly hasPrivateStream: boolean;
  /** How long after it was signed the venue may still accept an order: recvWindow and a margin. */
  readonly acceptanceWindowMs: number;
}

/** Names a list at the venue. */
export interface OrderListReference {
  readonly listClientOrderId: string;
  readonly symbol: string;
}

/** Pairs of orders that rest at the venue, of which one cancels the other (OCO). As honest as `Broker`. */
export interface OrderLists {
  /** Sends both orders as one request, at most once, and not after `sendBeforeMs`. */
  submit(list: OrderListIntent, sendBeforeMs: TimeMs): Promise<SubmitListResult>;
  lookup(reference: OrderListReference): Promise<LookupListResult>;
  /** Cancels what is left of both orders. */
  cancel(reference: OrderListReference): Promise<CancelListResult>;
}

/** A position in a perpetual as its venue shows it. */
export interface VenuePosition {
  /** Negative when short. */
  readonly quantityEth: Money;
  readonly entryPriceUsd: Money;
  readonly markPriceUsd: Money;
  /** Where the venue closes it; null where it says none. */
  readonly liquidationPriceUsd: Money | null;
}

/** A funding payment as its venue shows it: received, or paid where `amount` is negative. */
export interface FundingPayment {
  readonly fundingId: string;
  readonly asset: string;
  readonly amount: string;
  readonly paidAtMs: TimeMs;
}

/** What a venue of perpetuals is asked besides. */
export interface PerpetualAccount {
  /**
   * Isolated margin and the leverage, set at the venue; done again it changes nothing.
   * @throws ConfigError `futures.hedge_mode`, `futures.not_prepared` @throws ExchangeError
   */
  prepare(symbol: string, leverage: number): Promise<void>;
  /** @throws ExchangeError */
  position(symbol: string): Promise<VenuePosition>;
  /** The quote currency in the wallet: profit that is not realised left out. @throws ExchangeError */
  walletUsd(): Promise<Money>;
  /** What was due at or after `fromMs`, oldest first. @throws ExchangeError */
  funding(symbol: string, fromMs: TimeMs): Promise<readonly FundingPayment[]>;
}

/** An execution as the account's history shows it, of our orders and of others. */
export interface AccountFill {
  readonly tradeId: string;
  readonly venueOrderId: string;
  readonly side: OrderIntent['side'];
  /** In the base asset. */
  readonly quantity: string;
  readonly priceUsd: string;
  readonly executedAtMs: TimeMs;
}

/** A place where orders are executed. Its answers are honest about what is not known; it never sends twice. */
export interface Broker {
  readonly venue: string;
  readonly capabilities: BrokerCapabilities;
  /** There where `capabilities.placesOco`. */
  readonly orderLists?: OrderLists;
  /** There where perpetuals are traded; `balances` then shows the position as if it were Ether on borrowed cash. */
  readonly perpetual?: PerpetualAccount;
  /** There where `capabilities.hasPrivateStream`. */
  readonly userStream?: ConnectUserStream;
  /** How far the venue's clock is ahead of ours, in ms, as last measured; absent where there is one clock. */
  readonly venueAheadMs?: number;
  /** The rules of a symbol and whether it trades, asked anew. @throws ExchangeError */
  market(symbol: string): Promise<SymbolMarket>;
  /** Sends the order, at most once, and not after `sendBeforeMs` (then it is `rejected`). */
  submit(intent: OrderIntent, sendBeforeMs: TimeMs): Promise<SubmitResult>;
  lookup(reference: OrderReference): Promise<LookupResult>;
  cancel(reference: OrderReference): Promise<CancelResult>;
  /** Every open order of the account on this symbol, ours or not. @throws ExchangeError */
  openOrders(symbol: string): Promise<readonly OrderReport[]>;
  /** Every execution of the account on this symbol since then, each once, ours or not. @throws ExchangeError */
  recentFills(symbol: string, sinceMs: TimeMs): Promise<readonly AccountFill[]>;
  /** The client order id of an order of the account, by the venue's number; undefined where it does not have it. @throws ExchangeError */
  clientOrderIdOf(symbol: string, venueOrderId: string): Promise<string | undefined>;
  /** By asset; assets that are not held may be left out. @throws ExchangeError */
  balances(): Promise<ReadonlyMap<string, AssetBalance>>;
  /** What a fee in another asset was worth in USD when it was charged; nothing where the venue does not tell now. */
  feeValueUsd?(fee: ChargedFee): Promise<string | undefined>;
  close(): Promise<void>;
}
