import type { TimeMs } from '../../domain/index.ts';
import type { OrderLists, OrderReport, SubmitResult } from '../broker.ts';
import { messageOf } from './classify-exchange-error.ts';
import type { VenueClient, VenueOrder, VenueOrderLists } from './venue-client.ts';

/** A result that says that an order was not taken, or that nobody knows. */
export type Refusal = Exclude<SubmitResult, { readonly outcome: 'accepted' }>;

/** What lists of orders need of the connection that they go over. */
export interface OrderListParts {
  readonly lists: VenueOrderLists;
  readonly classify: VenueClient['classify'];
  readonly nowMs: () => TimeMs;
  /** The order with its executions. */
  readonly report: (order: VenueOrder, symbol: string) => Promise<OrderReport>;
  readonly refusalOf: (error: unknown) => Promise<Refusal>;
}

/** Pairs of which one order cancels the other, with answers that are honest about what is not known. */
export function ccxtOrderLists({ lists, classify, nowMs, report, refusalOf }: OrderListParts): OrderLists {
  return {
    async submit(list, sendBeforeMs) {
      if (nowMs() > sendBeforeMs) return { outcome: 'rejected', message: 'not sent in time', isTransient: true };
      try {
        const orders = await lists.place(list);
        return { outcome: 'accepted', reports: await Promise.all(orders.map((order) => report(order, list.symbol))) };
      } catch (error) {
        return refusalOf(error);
      }
    },
    async lookup({ listClientOrderId }) {
      try {
        const list = await lists.find(listClientOrderId);
        return list === undefined ? { outcome: 'not_found' } : { outcome: 'found', ...list };
      } catch (error) {
        return { outcome: 'unknown', message: messageOf(error) };
      }
    },
    async cancel(reference) {
      try {
        const orders = await lists.cancel(reference);
        return { outcome: 'done', reports: await Promise.all(orders.map((order) => report(order, reference.symbol))) };
      } catch (error) {
        const outcome = classify(error) === 'refused' ? 'not_cancelled' : 'unknown';
        return { outcome, message: messageOf(error) };
      }
    },
  };
}
