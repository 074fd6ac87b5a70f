import type { TimeMs } from '../../domain/index.ts';
import type {
  AssetBalance,
  BrokerCapabilities,
  OrderListReference,
  OrderReference,
  PerpetualAccount,
  VenueState,
} from '../broker.ts';
import type { OrderIntent } from '../order.ts';
import type { OrderListIntent } from '../order-list.ts';
import type { SymbolMarket } from '../symbol-filters.ts';
import type { ExchangeVerdict } from './classify-exchange-error.ts';

/** One execution as the venue shows it, before its fee is valued. */
export interface VenueExecution {
  readonly tradeId: string;
  readonly priceUsd: string;
  readonly quantity: string;
  readonly feeAmount: string;
  readonly feeAsset: string;
  readonly atMs: TimeMs;
}

/** An order as the venue shows it, before its executions are known. */
export interface VenueOrder {
  readonly clientOrderId: string;
  readonly venueOrderId: string;
  readonly state: VenueState;
  readonly side: 'buy' | 'sell';
  readonly quantity: string;
  /** Absent where it is not read; `other` where it is none that is placed here. */
  readonly type?: OrderIntent['type'] | 'other';
  /** null for a market order. */
  readonly limitPriceUsd: string | null;
  readonly stopPriceUsd?: string;
  readonly executedQuantity: string;
  readonly atMs: TimeMs;
  /** Only in the reply to a new order. */
  readonly executions: readonly VenueExecution[];
}

/** An execution in the account's history. */
export type VenueTrade = Omit<VenueExecution, 'feeAmount' | 'feeAsset'> & {
  readonly venueOrderId: string;
  readonly side: 'buy' | 'sell';
};

/** A list of orders as the venue shows it. */
export interface VenueOrderList {
  readonly isExecuting: boolean;
  readonly clientOrderIds: readonly string[];
}

/** Pairs of which one order cancels the other, where a venue takes them. */
export interface VenueOrderLists {
  place(list: OrderListIntent): Promise<readonly VenueOrder[]>;
  /** Undefined is an answer: there is no such list. */
  find(listClientOrderId: string): Promise<VenueOrderList | undefined>;
  cancel(reference: OrderListReference): Promise<readonly VenueOrder[]>;
}

/**
 * What one exchange is asked, in domain values. Every call goes out once and throws what ccxt throws, or a ZodError where
 * the reply cannot be read; `classify` says what that means. Times are the venue's.
 */
export interface VenueClient {
  readonly capabilities: BrokerCapabilities;
  /** There where `capabilities.placesOco`. */
  readonly orderLists?: VenueOrderLists;
  /** There where perpetuals are traded. Times are the venue's; asked once and thrown as is, as everything here. */
  readonly perpetual?: PerpetualAccount;
  serverTime(): Promise<TimeMs>;
  /** Undefined where the venue does not list the symbol. */
  market(symbol: string): Promise<SymbolMarket | undefined>;
  /** Sends the order, signed so that the venue refuses it after the acceptance window. */
  place(intent: OrderIntent): Promise<VenueOrder>;
  /**
   * Looks in every place where the venue may show the order, executions of the account included, from `fromMs` on.
   * Undefined is an answer: it is in none.
   */
  find(reference: OrderReference, fromMs: TimeMs): Promise<VenueOrder | undefined>;
  cancel(reference: OrderReference): Promise<VenueOrder>;
  openOrders(symbol: string): Promise<readonly VenueOrder[]>;
  executions(order: VenueOrder, symbol: string): Promise<readonly VenueExecution[]>;
  /** Every execution of the account on the symbol since `fromMs`. */
  recentTrades(symbol: string, fromMs: TimeMs): Promise<readonly VenueTrade[]>;
  /** Our id, or whatever stands for it, of an order by the venue's number; undefined where it says that it has none. */
  clientOrderIdOf(symbol: string, venueOrderId: string): Promise<string | undefined>;
  balances(): Promise<ReadonlyMap<string, AssetBalance>>;
  /** Price of an asset in the quote currency at a time of the venue's, to the minute where it keeps such prices, for fees. */
  price(asset: string, quoteAsset: string, atMs: TimeMs): Promise<string>;
  /** The venue's own number of the account; undefined where it does not tell. */
  accountId(): Promise<string | undefined>;
  mayTrade(): Promise<boolean>;
  mayWithdraw(): Promise<boolean>;
  classify(error: unknown): ExchangeVerdict;
  /** Whether a request was refused because of the time it was signed with. */
  isWrongTime(error: unknown): boolean;
}
