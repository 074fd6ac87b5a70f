import type { TimeMs } from '../../domain/index.ts';
import type { OrderLists, OrderReport, SubmitResult } from '../broker.ts';
import { messageOf } from './classify-exchange-error.ts';
import type { VenueClient, VenueOrder, VenueOrderLists } from './venue-client.ts';
import type { VenueQuestions } from './venue-questions.ts';

/** A result that says that an order was not taken, or that nobody knows. */
export type Refusal = Exclude<SubmitResult, { readonly outcome: 'accepted' }>;

/** What lists of orders need of the connection that they go over. */
export interface OrderListParts {
  readonly lists: VenueOrderLists;
  readonly classify: VenueClient['classify'];
  readonly questions: Pick<VenueQuestions, 'once'>;
  readonly nowMs: () => TimeMs;
  /** The order with its executions. */
  readonly report: (order: VenueOrder, symbol: string) => Promise<OrderReport>;
  readonly refusalOf: (error: unknown) => Promise<Refusal>;
}

/** Pairs of which one order cancels the other, with answers that are honest about what is not known. */
export function ccxtOrderLists({ lists, classify, questions, nowMs, report, refusalOf }: OrderListParts): OrderLists {
  const unknown = (error: unknown) => ({ outcome: 'unknown', message: messageOf(error) }) as const;
  const reportsOf = (orders: readonly VenueOrder[], symbol: string) => Promise.all(orders.map((order) => report(order, symbol)));
  return {
    async submit(list, sendBeforeMs) {
      if (nowMs() > sendBeforeMs) return { outcome: 'rejected', message: 'not sent in time', isTransient: true };
      let orders: readonly VenueOrder[];
      try {
        orders = await lists.place(list);
      } catch (error) {
        return refusalOf(error);
      }
      try {
        return { outcome: 'accepted', reports: await reportsOf(orders, list.symbol) };
      } catch (error) {
        return unknown(error);
      }
    },
    async lookup({ listClientOrderId }) {
      try {
        const list = await questions.once(() => lists.find(listClientOrderId));
        return list === undefined ? { outcome: 'not_found' } : { outcome: 'found', ...list };
      } catch (error) {
        return unknown(error);
      }
    },
    async cancel(reference) {
      let orders: readonly VenueOrder[];
      try {
        orders = await questions.once(() => lists.cancel(reference));
      } catch (error) {
        return { outcome: classify(error) === 'refused' ? 'not_cancelled' : 'unknown', message: messageOf(error) };
      }
      try {
        return { outcome: 'done', reports: await reportsOf(orders, reference.symbol) };
      } catch (error) {
        return unknown(error);
      }
    },
  };
}
