import { InvariantError } from '../domain/index.ts';

/**
 * Life of an order.
 * PLANNED: the intent is on disk. SUBMITTING: about to be sent, or sent and not answered. UNKNOWN: sent, and the answer
 * was lost. NOT_SENT: given up before sending. NOT_FOUND: sent, and proven never to have reached the exchange.
 */
export const ORDER_STATES = [
  'PLANNED',
  'SUBMITTING',
  'ACCEPTED',
  'PARTIALLY_FILLED',
  'FILLED',
  'CANCELLING',
  'CANCELLED',
  'REJECTED',
  'EXPIRED',
  'UNKNOWN',
  'NOT_SENT',
  'NOT_FOUND',
] as const;

export type OrderState = (typeof ORDER_STATES)[number];

/** Every legal step. After SUBMITTING only the exchange's answer ends an order. */
export const ORDER_TRANSITIONS: Readonly<Record<OrderState, readonly OrderState[]>> = {
  PLANNED: ['SUBMITTING', 'NOT_SENT'],
  SUBMITTING: ['ACCEPTED', 'PARTIALLY_FILLED', 'FILLED', 'CANCELLED', 'REJECTED', 'EXPIRED', 'UNKNOWN'],
  ACCEPTED: ['PARTIALLY_FILLED', 'FILLED', 'CANCELLING', 'CANCELLED', 'REJECTED', 'EXPIRED'],
  PARTIALLY_FILLED: ['PARTIALLY_FILLED', 'FILLED', 'CANCELLING', 'CANCELLED', 'EXPIRED'],
  FILLED: [],
  CANCELLING: ['CANCELLING', 'ACCEPTED', 'PARTIALLY_FILLED', 'FILLED', 'CANCELLED', 'EXPIRED'],
  CANCELLED: [],
  REJECTED: [],
  EXPIRED: [],
  UNKNOWN: ['ACCEPTED', 'PARTIALLY_FILLED', 'FILLED', 'CANCELLED', 'REJECTED', 'EXPIRED', 'NOT_FOUND'],
  NOT_SENT: [],
  NOT_FOUND: [],
};

export const isTerminal = (state: OrderState): boolean => ORDER_TRANSITIONS[state].length === 0;

/** Whether the exchange may hold or execute an order in this state. */
export const isAtVenue = (state: OrderState): boolean => state !== 'PLANNED' && !isTerminal(state);

/** @throws InvariantError `order.illegal_transition` */
export function assertTransition(clientOrderId: string, from: OrderState, to: OrderState): void {
  if (ORDER_TRANSITIONS[from].includes(to)) return;
  throw new InvariantError('order.illegal_transition', `order ${clientOrderId} cannot go from ${from} to ${to}`, {
    details: { clientOrderId, from, to },
    hint: 'Trading stops here. Compare `ets journal` with the orders at the exchange.',
  });
}
