import { createHash } from 'node:crypto';
import type { OrderLeg } from './order.ts';

/** Longest client order id of the venues that set no smaller limit of their own (Binance: 36 of `[a-zA-Z0-9-_]`). */
export const CLIENT_ORDER_ID_LENGTH = 36;

/** Every id of ours begins with it, so that open orders which are not ours can be told apart. */
export const CLIENT_ORDER_ID_PREFIX = 'ets';

/**
 * The id under which an order is sent: a hash of its decision, leg and attempt. No clock and no counter goes in, so a
 * repeat after a crash carries the same id and is recognised.
 * @param maxLength the venue's limit; at least 16, which still leaves 52 bits of hash
 */
export const clientOrderId = (decisionId: string, leg: OrderLeg, attempt: number, maxLength = CLIENT_ORDER_ID_LENGTH): string =>
  idOf(decisionId, leg, attempt, maxLength);

/** The id of the list that a decision's protective orders are placed as, made in the same way. */
export const orderListId = (decisionId: string, attempt: number, maxLength = CLIENT_ORDER_ID_LENGTH): string =>
  idOf(decisionId, 'order_list', attempt, maxLength);

function idOf(decisionId: string, what: string, attempt: number, maxLength: number): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([decisionId, what, attempt]))
    .digest('hex');
  return (CLIENT_ORDER_ID_PREFIX + digest).slice(0, maxLength);
}

/** Whether an order at the exchange carries an id of the form that `clientOrderId` makes. */
export const isOwnClientOrderId = (id: string): boolean => /^ets[0-9a-f]{13,33}$/.test(id);
