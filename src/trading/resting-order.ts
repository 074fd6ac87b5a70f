import type { OrderIntent } from './order.ts';
import type { OrderState } from './order-state.ts';

interface OrderAtVenue {
  readonly intent: Pick<OrderIntent, 'listClientOrderId'>;
  readonly state: OrderState;
}

/** Whether an order lies at the exchange to protect the position, with nothing about it left to find out. */
export const isResting = ({ intent, state }: OrderAtVenue): boolean =>
  intent.listClientOrderId !== undefined && state === 'ACCEPTED';

/** Whether an order is at the exchange for as long as the position is: no time-out cancels it. */
export const isKeptOpen = (order: OrderAtVenue): boolean =>
  isResting(order) || (order.intent.listClientOrderId !== undefined && order.state === 'PARTIALLY_FILLED');
