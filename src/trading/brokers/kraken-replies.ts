import { z } from 'zod';
import { money, type TimeMs } from '../../domain/index.ts';
import type { AssetBalance, VenueState } from '../broker.ts';
import { decimalText } from '../order.ts';
import type { MarketStatus, SymbolMarket } from '../symbol-filters.ts';
import type { VenueExecution, VenueOrder } from './venue-client.ts';

const envelope = z.object({ result: z.unknown() });

/** Kraken wraps every answer; what refuses stands in `error`, and ccxt throws it. */
const read = <Shape extends z.ZodType>(shape: Shape, reply: unknown): z.output<Shape> =>
  shape.parse(envelope.parse(reply).result);

/** Seconds with a fraction, as number or text. */
const seconds = z.union([z.number(), z.string()]).transform((value) => Math.floor(Number(value) * 1000));
const count = z.union([z.number(), z.string()]).transform(Number);

const STATES: Readonly<Record<string, VenueState>> = {
  pending: 'ACCEPTED',
  open: 'ACCEPTED',
  closed: 'FILLED',
  canceled: 'CANCELLED',
  expired: 'EXPIRED',
};

const orderSchema = z.object({
  status: z.string().refine((status) => status in STATES, 'an order status that is not known'),
  cl_ord_id: z.string().nullish(),
  opentm: seconds,
  closetm: seconds.optional(),
  descr: z.object({ pair: z.string(), type: z.enum(['buy', 'sell']), ordertype: z.string(), price: decimalText }),
  vol: decimalText,
  vol_exec: decimalText,
  trades: z.array(z.string()).optional(),
});
type OrderReply = z.infer<typeof orderSchema>;

/** An order, and the ids of its executions. */
export interface KrakenOrder extends VenueOrder {
  readonly pair: string;
  readonly tradeIds: readonly string[];
}

function toOrder([venueOrderId, reply]: [string, OrderReply]): KrakenOrder {
  const state = STATES[reply.status] ?? 'ACCEPTED';
  const hasExecuted = money(reply.vol_exec).gt(0);
  return {
    // Orders of other programs may have none; the venue's own id stands for it.
    clientOrderId: reply.cl_ord_id ?? venueOrderId,
    venueOrderId,
    state: state === 'ACCEPTED' && hasExecuted ? 'PARTIALLY_FILLED' : state,
    side: reply.descr.type,
    quantity: reply.vol,
    limitPriceUsd: reply.descr.ordertype === 'limit' ? reply.descr.price : null,
    executedQuantity: reply.vol_exec,
    atMs: reply.closetm || reply.opentm,
    executions: [],
    pair: reply.descr.pair,
    tradeIds: reply.trades ?? [],
  };
}

const ordersSchema = z.record(z.string(), orderSchema).transform((orders) => Object.entries(orders).map(toOrder));

/** OpenOrders. @throws ZodError */
export const parseOpenOrders = (reply: unknown): KrakenOrder[] => read(z.object({ open: ordersSchema }), reply).open;

/** ClosedOrders, and how many there are beyond this page. @throws ZodError */
export const parseClosedOrders = (reply: unknown): { readonly closed: KrakenOrder[]; readonly count: number } =>
  read(z.object({ closed: ordersSchema, count: count.default(0) }), reply);

/** QueryOrders. @throws ZodError */
export const parseQueriedOrders = (reply: unknown): KrakenOrder[] => read(ordersSchema, reply);

/** The venue's id of an order that AddOrder took. @throws ZodError */
export const parseAddedOrder = (reply: unknown): string => read(z.object({ txid: z.tuple([z.string()]) }), reply).txid[0];

const tradesSchema = z.record(
  z.string(),
  z.object({ ordertxid: z.string(), time: seconds, price: decimalText, vol: decimalText, fee: decimalText }),
);

/** QueryTrades of one order. Fees are in the quote currency, since orders ask for that. @throws ZodError */
export const parseQueriedTrades = (reply: unknown, venueOrderId: string, quoteAsset: string): VenueExecution[] =>
  Object.entries(read(tradesSchema, reply))
    .filter(([, { ordertxid }]) => ordertxid === venueOrderId)
    .map(([tradeId, { time, price, vol, fee }]) => ({
      tradeId,
      priceUsd: price,
      quantity: vol,
      feeAmount: fee,
      feeAsset: quoteAsset,
      atMs: time,
    }));

/** Kraken's own names of old assets. */
const ASSETS: Readonly<Record<string, string>> = { XETH: 'ETH', XXBT: 'BTC', ZUSD: 'USD', ZEUR: 'EUR' };

const balancesSchema = z.record(z.string(), z.object({ balance: decimalText, hold_trade: decimalText.default('0') }));

/** BalanceEx by asset. @throws ZodError */
export const parseExtendedBalances = (reply: unknown): Map<string, AssetBalance> =>
  new Map(
    Object.entries(read(balancesSchema, reply)).map(([asset, { balance, hold_trade }]) => [
      ASSETS[asset] ?? asset,
      { free: money(balance).minus(hold_trade), locked: money(hold_trade) },
    ]),
  );

const pairSchema = z.object({
  altname: z.string(),
  status: z.string(),
  lot_decimals: z.int(),
  tick_size: decimalText,
  ordermin: decimalText,
  costmin: decimalText.default('0'),
});

const PAIR_STATUSES: Readonly<Record<string, MarketStatus>> = {
  online: 'trading',
  limit_only: 'limit_only',
  post_only: 'post_only',
  cancel_only: 'cancel_only',
};
const SYSTEM_STATUSES: Readonly<Record<string, MarketStatus>> = {
  online: 'trading',
  post_only: 'post_only',
  cancel_only: 'cancel_only',
};

/** A pair's rules and status, with that of the whole system; undefined where it is not listed. @throws ZodError */
export function parseAssetPair(pairs: unknown, system: unknown, symbol: string): SymbolMarket | undefined {
  const listed = Object.values(read(z.record(z.string(), pairSchema), pairs));
  const pair = listed.find(({ altname }) => altname === symbol);
  if (pair === undefined) return undefined;
  const { status } = read(z.object({ status: z.string() }), system);
  const whole = SYSTEM_STATUSES[status] ?? 'maintenance';
  const none = money(0);
  return {
    status: whole === 'trading' ? (PAIR_STATUSES[pair.status] ?? 'halted') : whole,
    filters: {
      quantityStep: money(`1e-${pair.lot_decimals}`),
      minQuantity: money(pair.ordermin),
      maxQuantity: none,
      marketMinQuantity: none,
      marketMaxQuantity: none,
      priceTick: money(pair.tick_size),
      minNotionalUsd: money(pair.costmin),
      priceBandLow: none,
      priceBandHigh: none,
      sellBandLow: none,
      sellBandHigh: none,
    },
  };
}

/** @throws ZodError */
export const parseKrakenTime = (reply: unknown): TimeMs => read(z.object({ unixtime: seconds }), reply).unixtime;

const tickerSchema = z.object({ c: z.tuple([decimalText], decimalText) });

/** The last price of the one pair that was asked for. @throws ZodError */
export const parseKrakenPrice = (reply: unknown): string =>
  tickerSchema.parse(Object.values(read(z.record(z.string(), z.unknown()), reply))[0]).c[0];
