import type { OrderListIntent } from '../order-list.ts';
import { parseOrderList } from './binance-replies.ts';
import { isNotFound } from './classify-exchange-error.ts';
import type { BinanceApi } from './open-ccxt-exchange.ts';
import type { VenueOrderLists } from './venue-client.ts';

/** Binance's `orderList` endpoints. */
export const binanceOrderLists = (api: BinanceApi): VenueOrderLists => ({
  place: async (list) => parseOrderList(await api.privatePostOrderListOco(ocoParameters(list))).orders,
  async find(listClientOrderId) {
    try {
      const list = parseOrderList(await api.privateGetOrderList({ origClientOrderId: listClientOrderId }));
      return { isExecuting: list.isExecuting, clientOrderIds: list.clientOrderIds };
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  },
  cancel: async ({ listClientOrderId, symbol }) =>
    parseOrderList(await api.privateDeleteOrderList({ symbol, listClientOrderId })).orders,
});

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
