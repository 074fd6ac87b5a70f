import { type Money, maxMoney, money, ZERO } from '../domain/index.ts';
import type { Ledger, Order } from './ledger.ts';
import type { OrderIntent } from './order.ts';
import { isTerminal } from './order-state.ts';

/** A stop and a target for the same quantity, placed at the exchange as one: the first to be filled cancels the other. */
export interface OrderListIntent {
  readonly listClientOrderId: string;
  readonly symbol: string;
  readonly stop: OrderIntent;
  readonly target: OrderIntent;
}

/** A list as the journal knows it. A leg is missing only where a crash cut off the record of it. */
export interface OrderList {
  readonly listClientOrderId: string;
  readonly symbol: string;
  readonly stop: Order | undefined;
  readonly target: Order | undefined;
}

/** Lists of which an order has not ended, oldest first. */
export function openLists(ledger: Ledger): OrderList[] {
  const ids = new Set(ledger.unsettledOrders().flatMap(({ intent }) => intent.listClientOrderId ?? []));
  return [...ids].map((id) => orderList(ledger, id));
}

/** The orders of a list that the journal has. */
export function ordersOfList(ledger: Ledger, listClientOrderId: string): Order[] {
  return [...ledger.orders.values()].filter(({ intent }) => intent.listClientOrderId === listClientOrderId);
}

function orderList(ledger: Ledger, listClientOrderId: string): OrderList {
  const orders = ordersOfList(ledger, listClientOrderId);
  return {
    listClientOrderId,
    symbol: orders[0]?.intent.symbol ?? '',
    stop: orders.find(({ intent }) => intent.leg === 'stop_on_exchange'),
    target: orders.find(({ intent }) => intent.leg === 'target_on_exchange'),
  };
}

/** What protective orders may still sell, in the base asset: nothing else may sell it before they are withdrawn. */
export function reservedQuantity(ledger: Ledger): Money {
  return openLists(ledger).reduce((sum, { stop, target }) => sum.plus(maxMoney(unfilled(stop), unfilled(target))), ZERO);
}

const unfilled = (order: Order | undefined): Money =>
  order === undefined || isTerminal(order.state) ? ZERO : money(order.intent.quantity).minus(order.filledQuantity);
