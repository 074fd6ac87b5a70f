import type { Money, TimeMs } from '../../domain/index.ts';
import type { Order, OrderList, OrderRequest } from './order.ts';
import { Refusal } from './order-rules.ts';

type LegRequest = Pick<OrderRequest, 'clientOrderId' | 'type' | 'price' | 'stopPrice'>;

/** A pair to sell one quantity: `above` at a limit over the price, `below` at a stop under it. */
export interface OcoRequest extends Pick<OrderRequest, 'side' | 'inPieces'> {
  readonly listClientOrderId: string;
  readonly quantity: Money;
  readonly above: LegRequest;
  readonly below: LegRequest;
}

export const isOpen = ({ status }: Order): boolean => status === 'NEW' || status === 'PARTIALLY_FILLED';

/** Whether what an order locks is locked by an earlier one of its list already. */
export function isOtherLegOpen(order: Order): boolean {
  const first = order.list?.orders.find(isOpen);
  return first !== undefined && first !== order;
}

/** The lists of orders that an account ever had, and how they are. */
export class OrderLists {
  readonly all: OrderList[] = [];
  readonly #listeners: ((list: OrderList) => void)[] = [];

  /** Told when a list begins and when it is over. */
  onEvent(listener: (list: OrderList) => void): void {
    this.#listeners.push(listener);
  }

  find(by: { readonly orderListId?: number; readonly listClientOrderId?: string }): OrderList | undefined {
    return this.all.findLast((list) =>
      by.orderListId === undefined ? list.listClientOrderId === by.listClientOrderId : list.orderListId === by.orderListId,
    );
  }

  /** @throws Refusal -2010 for ids that are in use and for prices on the wrong side */
  check({ listClientOrderId, above, below }: OcoRequest, open: readonly Order[], price: Money): void {
    const ids = [above.clientOrderId, below.clientOrderId];
    const isUsed =
      ids[0] === ids[1] ||
      open.some(({ clientOrderId, list }) => ids.includes(clientOrderId) || list?.listClientOrderId === listClientOrderId);
    if (isUsed) throw new Refusal(-2010, 'Duplicate order sent.');
    if (!above.price?.gt(price) || !below.stopPrice?.lt(price))
      throw new Refusal(-2010, 'The relationship of the prices for the orders is not correct.');
  }

  open(listClientOrderId: string, orders: readonly Order[], nowMs: TimeMs): OrderList {
    const list: OrderList = { orderListId: this.all.length, listClientOrderId, orders, status: 'EXECUTING', updateTimeMs: nowMs };
    this.all.push(list);
    for (const order of orders) order.list = list;
    this.#tell(list);
    return list;
  }

  /** After any change of an order. */
  note({ list, updateTimeMs }: Order): void {
    if (list === undefined || list.status === 'ALL_DONE') return;
    list.updateTimeMs = updateTimeMs;
    if (list.orders.some(isOpen)) return;
    list.status = 'ALL_DONE';
    this.#tell(list);
  }

  #tell(list: OrderList): void {
    for (const listener of this.#listeners) listener(list);
  }
}
