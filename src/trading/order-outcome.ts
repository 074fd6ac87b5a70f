import { toText } from '../domain/index.ts';
import type { Order } from './ledger.ts';

/** What became of one order. */
export interface OrderOutcome {
  readonly clientOrderId: string;
  readonly state: Order['state'];
  readonly filledQuantity: string;
  readonly message: string | null;
}

/** What became of an order so far. */
export const outcomeOf = (order: Order): OrderOutcome => ({
  clientOrderId: order.intent.clientOrderId,
  state: order.state,
  filledQuantity: toText(order.filledQuantity),
  message: order.message,
});
