import type { TimeMs } from '../../domain/index.ts';
import type { OrderLists, OrderReport, SubmitResult } from '../broker.ts';
import type { OrderListIntent } from '../order-list.ts';
import { parseOrderList, type VenueOrder } from './binance-replies.ts';
import { classifyExchangeError, isNotFound, messageOf } from './classify-exchange-error.ts';
import type { BinanceApi } from './open-ccxt-exchange.ts';

/** A result that says that an order was not taken, or that nobody knows. */
export type Refusal = Exclude<SubmitResult, { readonly outcome: 'accepted' }>;

/** What lists of orders need of the connection that they go over. */
export interface OrderListParts {
  readonly api: BinanceApi;
  readonly nowMs: () => TimeMs;
  readonly signed: () => { readonly timestamp: TimeMs };
  /** The order with its executions. */
  readonly report: (order: VenueOrder, symbol: string) => Promise<OrderReport>;
  readonly refusalOf: (error: unknown) => Promise<Refusal>;
}

/** Pairs of which one order cancels the other, over Binance's `orderList` endpoints. */
export function ccxtOrderLists({ api, nowMs, signed, report, refusalOf }: OrderListParts): OrderLists {
  return {
    async submit(list, sendBeforeMs) {
      if (nowMs() > sendBeforeMs) return { outcome: 'rejected', message: 'not sent in time', isTransient: true };
      try {
        const { orders } = parseOrderList(await api.privatePostOrderListOco({ ...ocoParameters(list), ...signed() }));
        return { outcome: 'accepted', reports: await Promise.all(orders.map((order) => report(order, list.symbol))) };
      } catch (error) {
        return refusalOf(error);
      }
    },
    async lookup({ listClientOrderId }) {
      try {
        const list = parseOrderList(await api.privateGetOrderList({ origClientOrderId: listClientOrderId, ...signed() }));
        return { outcome: 'found', isExecuting: list.isExecuting, clientOrderIds: list.clientOrderIds };
      } catch (error) {
        return isNotFound(error) ? { outcome: 'not_found' } : { outcome: 'unknown', message: messageOf(error) };
      }
    },
    async cancel({ listClientOrderId, symbol }) {
      try {
        const { orders } = parseOrderList(await api.privateDeleteOrderList({ symbol, listClientOrderId, ...signed() }));
        return { outcome: 'done', reports: await Promise.all(orders.map((order) => report(order, symbol))) };
      } catch (error) {
        const outcome = classifyExchangeError(error) === 'refused' ? 'not_cancelled' : 'unknown';
        return { outcome, message: messageOf(error) };
      }
    },
  };
}

/** Of a sale the target is above the price and the stop below it. The stop becomes a market order. */
const ocoParameters = ({ listClientOrderId, symbol, stop, target }: OrderListIntent): Record<string, string | undefined> => ({
  symbol,
  listClientOrderId,
  side: 'SELL',
  quantity: stop.quantity,
  aboveType: 'LIMIT_MAKER',
  aboveClientOrderId: target.clientOrderId,
  abovePrice: target.limitPriceUsd,
  belowType: 'STOP_LOSS',
  belowClientOrderId: stop.clientOrderId,
  belowStopPrice: stop.stopPriceUsd,
  newOrderRespType: 'RESULT',
});
