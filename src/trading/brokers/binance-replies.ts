import { z } from 'zod';
import { maxMoney, money, type TimeMs } from '../../domain/index.ts';
import type { AssetBalance, VenueState } from '../broker.ts';
import { decimalText, type OrderIntent } from '../order.ts';
import type { SymbolMarket } from '../symbol-filters.ts';
import type { VenueExecution, VenueOrder } from './venue-client.ts';

const id = z.union([z.number(), z.string()]).transform(String);
const time = z.union([z.number(), z.string()]).transform(Number).pipe(z.int());

const executionSchema = z.object({
  price: decimalText,
  qty: decimalText,
  commission: decimalText,
  commissionAsset: z.string(),
  tradeId: id,
});

const STATES: Readonly<Record<string, VenueState>> = {
  NEW: 'ACCEPTED',
  PENDING_NEW: 'ACCEPTED',
  PENDING_CANCEL: 'ACCEPTED',
  PARTIALLY_FILLED: 'PARTIALLY_FILLED',
  FILLED: 'FILLED',
  CANCELED: 'CANCELLED',
  REJECTED: 'REJECTED',
  EXPIRED: 'EXPIRED',
  EXPIRED_IN_MATCH: 'EXPIRED',
};

const TYPES: Readonly<Record<string, OrderIntent['type']>> = {
  MARKET: 'market',
  LIMIT: 'limit',
  LIMIT_MAKER: 'limit',
  STOP_LOSS: 'stop',
};

const orderSchema = z
  .object({
    orderId: id,
    clientOrderId: z.string(),
    /** Of a cancelled order: ours. `clientOrderId` is then that of the cancellation. */
    origClientOrderId: z.string().optional(),
    origQty: decimalText,
    executedQty: decimalText,
    price: decimalText.default('0'),
    type: z.string().optional(),
    stopPrice: decimalText.default('0'),
    status: z.string().refine((status) => status in STATES, 'an order status that is not known'),
    side: z.enum(['BUY', 'SELL']),
    transactTime: time.optional(),
    updateTime: time.optional(),
    time: time.optional(),
    fills: z.array(executionSchema).optional(),
  })
  .transform((reply): VenueOrder => {
    const atMs = reply.transactTime ?? reply.updateTime ?? reply.time ?? 0;
    return {
      clientOrderId: reply.origClientOrderId ?? reply.clientOrderId,
      venueOrderId: reply.orderId,
      state: STATES[reply.status] ?? 'ACCEPTED',
      side: reply.side === 'BUY' ? 'buy' : 'sell',
      quantity: reply.origQty,
      ...(reply.type !== undefined && { type: TYPES[reply.type] ?? 'other' }),
      limitPriceUsd: Number(reply.price) > 0 ? reply.price : null,
      ...(Number(reply.stopPrice) > 0 && { stopPriceUsd: reply.stopPrice }),
      executedQuantity: reply.executedQty,
      atMs,
      executions: (reply.fills ?? []).map((fill) => ({
        tradeId: fill.tradeId,
        priceUsd: fill.price,
        quantity: fill.qty,
        feeAmount: fill.commission,
        feeAsset: fill.commissionAsset,
        atMs,
      })),
    };
  });

/** Reply to a new, asked or cancelled order. @throws ZodError */
export const parseOrder = (reply: unknown): VenueOrder => orderSchema.parse(reply);

const listSchema = z
  .object({
    listClientOrderId: z.string(),
    /** EXECUTING, ALL_DONE or REJECT. */
    listOrderStatus: z.string(),
    orders: z.array(z.object({ orderId: id, clientOrderId: z.string() })),
    /** In the reply to a new or cancelled list. */
    orderReports: z.array(orderSchema).optional(),
  })
  .transform((reply) => ({
    listClientOrderId: reply.listClientOrderId,
    isExecuting: reply.listOrderStatus === 'EXECUTING',
    clientOrderIds: reply.orders.map(({ clientOrderId }) => clientOrderId),
    orders: reply.orderReports ?? [],
  }));

/** Reply to a new, asked or cancelled list of orders. @throws ZodError */
export const parseOrderList = (reply: unknown): z.output<typeof listSchema> => listSchema.parse(reply);

/** openOrders and allOrders. @throws ZodError */
export const parseOrders = (reply: unknown): VenueOrder[] => z.array(orderSchema).parse(reply);

const tradeSchema = z.object({
  id,
  orderId: id,
  price: decimalText,
  qty: decimalText,
  commission: decimalText,
  commissionAsset: z.string(),
  time,
});

/** myTrades of one order. @throws ZodError */
export const parseTrades = (reply: unknown, venueOrderId: string): VenueExecution[] =>
  z
    .array(tradeSchema)
    .parse(reply)
    .filter((trade) => trade.orderId === venueOrderId)
    .map((trade) => ({
      tradeId: trade.id,
      priceUsd: trade.price,
      quantity: trade.qty,
      feeAmount: trade.commission,
      feeAsset: trade.commissionAsset,
      atMs: trade.time,
    }));

const accountSchema = z.object({ balances: z.array(z.object({ asset: z.string(), free: decimalText, locked: decimalText })) });

/** Balances by asset, those of zero left out. @throws ZodError */
export function parseBalances(reply: unknown): Map<string, AssetBalance> {
  const held = accountSchema
    .parse(reply)
    .balances.map(({ asset, free, locked }): [string, AssetBalance] => [asset, { free: money(free), locked: money(locked) }]);
  return new Map(held.filter(([, { free, locked }]) => free.gt(0) || locked.gt(0)));
}

/** The exchange's number of the account; nothing where it does not tell. */
export function parseAccountId(reply: unknown): string | undefined {
  return z.object({ uid: id.optional() }).parse(reply).uid;
}

const filterSchema = z.looseObject({ filterType: z.string() });
const exchangeInfoSchema = z.object({
  symbols: z.array(z.object({ symbol: z.string(), status: z.string(), filters: z.array(filterSchema) })).min(1),
});
const amount = decimalText.default('0');
const sizeFilter = z.object({ minQty: amount, maxQty: amount, stepSize: amount }).prefault({});
const priceFilter = z.object({ tickSize: amount }).prefault({});
/** `notional` is what perpetuals call it. */
const notionalFilter = z.object({ minNotional: amount, notional: amount }).prefault({});
const bandFilter = z
  .object({
    bidMultiplierUp: amount,
    bidMultiplierDown: amount,
    askMultiplierUp: amount,
    askMultiplierDown: amount,
    multiplierUp: amount,
    multiplierDown: amount,
  })
  .prefault({});

/** A symbol's rules, the coarser of its steps, and whether it trades; undefined where the venue does not list it. @throws ZodError */
export function parseSymbolRules(reply: unknown, symbol: string): SymbolMarket | undefined {
  const rules = exchangeInfoSchema.parse(reply).symbols.find((one) => one.symbol === symbol);
  if (rules === undefined) return undefined;
  const find = (type: string): unknown => rules.filters.find(({ filterType }) => filterType === type);
  const lot = sizeFilter.parse(find('LOT_SIZE'));
  const market = sizeFilter.parse(find('MARKET_LOT_SIZE'));
  const price = priceFilter.parse(find('PRICE_FILTER'));
  const notional = notionalFilter.parse(find('NOTIONAL') ?? find('MIN_NOTIONAL'));
  const band = bandFilter.parse(find('PERCENT_PRICE_BY_SIDE') ?? find('PERCENT_PRICE'));
  const either = (one: string, other: string) => (money(one).gt(0) ? money(one) : money(other));
  return {
    status: rules.status === 'TRADING' ? 'trading' : 'halted',
    filters: {
      quantityStep: maxMoney(money(lot.stepSize), money(market.stepSize)),
      minQuantity: money(lot.minQty),
      maxQuantity: money(lot.maxQty),
      marketMinQuantity: money(market.minQty),
      marketMaxQuantity: money(market.maxQty),
      priceTick: money(price.tickSize),
      minNotionalUsd: either(notional.minNotional, notional.notional),
      priceBandLow: either(band.bidMultiplierDown, band.multiplierDown),
      priceBandHigh: either(band.bidMultiplierUp, band.multiplierUp),
      sellBandLow: either(band.askMultiplierDown, band.multiplierDown),
      sellBandHigh: either(band.askMultiplierUp, band.multiplierUp),
    },
  };
}

/** @throws ZodError */
export const parseServerTime = (reply: unknown): TimeMs => z.object({ serverTime: time }).parse(reply).serverTime;

const klineSchema = z.tuple([time, decimalText, decimalText, decimalText, decimalText], z.unknown());

/** The close of the first of some klines. @throws ZodError where there is none */
export const parseFirstClose = (reply: unknown): string => z.tuple([klineSchema], klineSchema).parse(reply)[0][4];

const keyRightsSchema = z
  .object({ enableWithdrawals: z.boolean(), enableSpotAndMarginTrading: z.boolean() })
  .transform((rights) => ({ mayWithdraw: rights.enableWithdrawals, mayTrade: rights.enableSpotAndMarginTrading }));

/** What a key may do. @throws ZodError */
export const parseKeyRights = (reply: unknown): z.output<typeof keyRightsSchema> => keyRightsSchema.parse(reply);

/** Whether the exchange as a whole is under maintenance: status 1, where 0 is normal. @throws ZodError */
export const parseIsMaintained = (reply: unknown): boolean => z.object({ status: z.int() }).parse(reply).status === 1;
