import type { Money, TimeMs } from '../../domain/index.ts';

export type Side = 'BUY' | 'SELL';
type OrderType = 'MARKET' | 'LIMIT' | 'LIMIT_MAKER' | 'STOP_LOSS' | 'STOP_LOSS_LIMIT' | 'TAKE_PROFIT' | 'TAKE_PROFIT_LIMIT';
export type OrderStatus = 'NEW' | 'PARTIALLY_FILLED' | 'FILLED' | 'CANCELED' | 'EXPIRED';

export interface OrderRequest {
  readonly clientOrderId: string;
  readonly side: Side;
  readonly type: OrderType;
  readonly timeInForce: 'GTC' | 'IOC' | 'FOK';
  readonly quantity: Money | undefined;
  /** A market order may name the USDT to spend instead. */
  readonly quoteQuantity: Money | undefined;
  readonly price: Money | undefined;
  readonly stopPrice: Money | undefined;
  /** Whether it fills in pieces, later ones after a while. */
  readonly inPieces: boolean;
}

export interface Order {
  readonly orderId: number;
  readonly clientOrderId: string;
  readonly side: Side;
  readonly type: OrderType;
  readonly timeInForce: 'GTC' | 'IOC' | 'FOK';
  readonly price: Money;
  readonly stopPrice: Money;
  readonly quantity: Money;
  readonly timeMs: TimeMs;
  status: OrderStatus;
  executedQuantity: Money;
  quoteQuantity: Money;
  updateTimeMs: TimeMs;
  /** A stop or target that has been reached and is now an order like any other. */
  isTriggered: boolean;
  /** Fills in pieces once it rests and its price comes. */
  readonly inPieces: boolean;
  /** The list that it is one of. */
  list?: OrderList;
}

/** Orders of which one cancels the other. */
export interface OrderList {
  readonly orderListId: number;
  readonly listClientOrderId: string;
  /** The stop first: inside one step of time it is reached first. */
  readonly orders: readonly Order[];
  status: 'EXECUTING' | 'ALL_DONE';
  updateTimeMs: TimeMs;
}

export interface Fill {
  readonly tradeId: number;
  readonly orderId: number;
  readonly clientOrderId: string;
  readonly side: Side;
  readonly price: Money;
  readonly quantity: Money;
  readonly commission: Money;
  readonly commissionAsset: 'ETH' | 'USDT';
  readonly timeMs: TimeMs;
}
