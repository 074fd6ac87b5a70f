import type { TimeMs } from '../../domain/index.ts';
import { type Exchange, FILTERS, type Fill, type Order, type OrderList } from './exchange.ts';

const SYMBOL = 'ETHUSDT';

/** An order as `GET /api/v3/order` gives it. */
export const orderShape = (order: Order) => ({
  symbol: SYMBOL,
  orderId: order.orderId,
  orderListId: order.list?.orderListId ?? -1,
  clientOrderId: order.clientOrderId,
  price: order.price.toFixed(8),
  origQty: order.quantity.toFixed(8),
  executedQty: order.executedQuantity.toFixed(8),
  cummulativeQuoteQty: order.quoteQuantity.toFixed(8),
  status: order.status,
  timeInForce: order.timeInForce,
  type: order.type,
  side: order.side,
  stopPrice: order.stopPrice.toFixed(8),
  icebergQty: '0.00000000',
  time: order.timeMs,
  updateTime: order.updateTimeMs,
  isWorking: order.isTriggered,
  workingTime: order.timeMs,
  origQuoteOrderQty: '0.00000000',
  selfTradePreventionMode: 'EXPIRE_MAKER',
});

/** A list as `GET /api/v3/orderList` gives it. */
export const orderListShape = (list: OrderList) => ({
  orderListId: list.orderListId,
  contingencyType: 'OCO',
  listStatusType: list.status === 'EXECUTING' ? 'EXEC_STARTED' : 'ALL_DONE',
  listOrderStatus: list.status,
  listClientOrderId: list.listClientOrderId,
  transactionTime: list.updateTimeMs,
  symbol: SYMBOL,
  orders: list.orders.map(({ orderId, clientOrderId }) => ({ symbol: SYMBOL, orderId, clientOrderId })),
});

/** A list that was just placed or cancelled, with its orders. */
export const orderListReport = (list: OrderList, cancelledBy?: string) => ({
  ...orderListShape(list),
  orderReports: list.orders.map((order) => ({
    ...orderShape(order),
    ...(cancelledBy === undefined ? {} : { origClientOrderId: order.clientOrderId, clientOrderId: cancelledBy }),
    transactTime: order.updateTimeMs,
  })),
});

/** A new order with its first fills, as newOrderRespType FULL has it. */
export const placedShape = (exchange: Exchange, order: Order) => ({
  ...orderShape(order),
  transactTime: order.timeMs,
  fills: exchange.fills
    .filter(({ orderId }) => orderId === order.orderId)
    .map((fill) => ({
      price: fill.price.toFixed(8),
      qty: fill.quantity.toFixed(8),
      commission: fill.commission.toFixed(8),
      commissionAsset: fill.commissionAsset,
      tradeId: fill.tradeId,
    })),
});

/** One execution as `GET /api/v3/myTrades` gives it. */
export const tradeShape = (fill: Fill) => ({
  symbol: SYMBOL,
  id: fill.tradeId,
  orderId: fill.orderId,
  orderListId: -1,
  price: fill.price.toFixed(8),
  qty: fill.quantity.toFixed(8),
  quoteQty: fill.quantity.times(fill.price).toFixed(8),
  commission: fill.commission.toFixed(8),
  commissionAsset: fill.commissionAsset,
  time: fill.timeMs,
  isBuyer: fill.side === 'BUY',
  isMaker: false,
  isBestMatch: true,
});

export const accountShape = (exchange: Exchange, nowMs: TimeMs) => ({
  makerCommission: 10,
  takerCommission: 10,
  buyerCommission: 0,
  sellerCommission: 0,
  commissionRates: { maker: '0.00100000', taker: '0.00100000', buyer: '0.00000000', seller: '0.00000000' },
  canTrade: true,
  canWithdraw: true,
  canDeposit: true,
  brokered: false,
  requireSelfTradePrevention: false,
  preventSor: false,
  updateTime: nowMs,
  accountType: 'SPOT',
  balances: (['ETH', 'USDT'] as const).map((asset) => {
    const { free, locked } = exchange.balance(asset);
    return { asset, free: free.toFixed(8), locked: locked.toFixed(8) };
  }),
  permissions: ['SPOT'],
  uid: 1,
});

export const exchangeInfo = (nowMs: TimeMs) => ({
  timezone: 'UTC',
  serverTime: nowMs,
  rateLimits: [{ rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: 6000 }],
  exchangeFilters: [],
  symbols: [
    {
      symbol: SYMBOL,
      status: 'TRADING',
      baseAsset: 'ETH',
      baseAssetPrecision: 8,
      quoteAsset: 'USDT',
      quotePrecision: 8,
      quoteAssetPrecision: 8,
      baseCommissionPrecision: 8,
      quoteCommissionPrecision: 8,
      orderTypes: ['LIMIT', 'LIMIT_MAKER', 'MARKET', 'STOP_LOSS', 'STOP_LOSS_LIMIT', 'TAKE_PROFIT', 'TAKE_PROFIT_LIMIT'],
      icebergAllowed: false,
      ocoAllowed: false,
      otoAllowed: false,
      quoteOrderQtyMarketAllowed: true,
      allowTrailingStop: false,
      cancelReplaceAllowed: false,
      isSpotTradingAllowed: true,
      isMarginTradingAllowed: false,
      filters: [
        { filterType: 'PRICE_FILTER', minPrice: '0.01000000', maxPrice: '1000000.00000000', tickSize: FILTERS.tick.toFixed(8) },
        {
          filterType: 'LOT_SIZE',
          minQty: FILTERS.minQuantity.toFixed(8),
          maxQty: FILTERS.maxQuantity.toFixed(8),
          stepSize: FILTERS.step.toFixed(8),
        },
        { filterType: 'MARKET_LOT_SIZE', minQty: '0.00000000', maxQty: FILTERS.maxQuantity.toFixed(8), stepSize: '0.00000000' },
        {
          filterType: 'PERCENT_PRICE_BY_SIDE',
          bidMultiplierUp: '5',
          bidMultiplierDown: '0.2',
          askMultiplierUp: '5',
          askMultiplierDown: '0.2',
          avgPriceMins: 5,
        },
        {
          filterType: 'NOTIONAL',
          minNotional: FILTERS.minNotional.toFixed(8),
          applyMinToMarket: true,
          maxNotional: '9000000.00000000',
          applyMaxToMarket: false,
          avgPriceMins: 5,
        },
        { filterType: 'MAX_NUM_ORDERS', maxNumOrders: 200 },
      ],
      permissions: [],
      permissionSets: [['SPOT']],
      defaultSelfTradePreventionMode: 'EXPIRE_MAKER',
      allowedSelfTradePreventionModes: ['EXPIRE_MAKER'],
    },
  ],
});

/** The exchange's truth: every order ever taken, every fill, every balance. */
export const ledgerShape = (exchange: Exchange) => ({
  orders: exchange.orders.map((order) => ({
    orderId: order.orderId,
    clientOrderId: order.clientOrderId,
    side: order.side,
    type: order.type,
    status: order.status,
    quantity: order.quantity.toFixed(),
    executedQuantity: order.executedQuantity.toFixed(),
    price: order.price.toFixed(),
    stopPrice: order.stopPrice.toFixed(),
    listClientOrderId: order.list?.listClientOrderId ?? null,
    timeMs: order.timeMs,
  })),
  fills: exchange.fills.map((fill) => ({
    tradeId: fill.tradeId,
    orderId: fill.orderId,
    clientOrderId: fill.clientOrderId,
    side: fill.side,
    price: fill.price.toFixed(),
    quantity: fill.quantity.toFixed(),
    commission: fill.commission.toFixed(),
    commissionAsset: fill.commissionAsset,
    timeMs: fill.timeMs,
  })),
  balances: Object.fromEntries(
    (['ETH', 'USDT'] as const).map((asset) => {
      const { free, locked } = exchange.balance(asset);
      return [asset, { free: free.toFixed(), locked: locked.toFixed() }];
    }),
  ),
});
