import { z } from 'zod';
import { money, type TimeMs } from '../../domain/index.ts';
import type { AssetBalance, VenueState } from '../broker.ts';
import { decimalText } from '../order.ts';
import type { MarketStatus, SymbolMarket } from '../symbol-filters.ts';
import type { VenueExecution, VenueOrder } from './venue-client.ts';

const time = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const cursor = z.string().default('');

const STATES: Readonly<Record<string, VenueState>> = {
  PENDING: 'ACCEPTED',
  QUEUED: 'ACCEPTED',
  OPEN: 'ACCEPTED',
  CANCEL_QUEUED: 'ACCEPTED',
  FILLED: 'FILLED',
  CANCELLED: 'CANCELLED',
  EXPIRED: 'EXPIRED',
  FAILED: 'REJECTED',
};

const configurationSchema = z.looseObject({ base_size: decimalText.optional(), limit_price: decimalText.optional() });

const orderSchema = z
  .object({
    order_id: z.string(),
    client_order_id: z.string(),
    product_id: z.string(),
    side: z.enum(['BUY', 'SELL']),
    status: z.string().refine((status) => status in STATES, 'an order status that is not known'),
    created_time: time,
    filled_size: decimalText.default('0'),
    order_configuration: z.record(z.string(), configurationSchema.nullable()),
  })
  .transform((reply): VenueOrder => {
    const [kind, terms] = Object.entries(reply.order_configuration).find(([, one]) => one !== null) ?? ['', {}];
    const state = STATES[reply.status] ?? 'ACCEPTED';
    return {
      clientOrderId: reply.client_order_id,
      venueOrderId: reply.order_id,
      state: state === 'ACCEPTED' && money(reply.filled_size).gt(0) ? 'PARTIALLY_FILLED' : state,
      side: reply.side === 'BUY' ? 'buy' : 'sell',
      quantity: decimalText.parse(terms?.base_size),
      limitPriceUsd: kind.startsWith('limit') ? (terms?.limit_price ?? null) : null,
      executedQuantity: reply.filled_size,
      atMs: reply.created_time,
      executions: [],
    };
  });

/** One order. @throws ZodError */
export const parseCoinbaseOrder = (reply: unknown): VenueOrder => z.object({ order: orderSchema }).parse(reply).order;

const idOnly = z.looseObject({ client_order_id: z.string() });

/** Our id of one order, of whatever kind that is. @throws ZodError */
export const parseCoinbaseClientId = (reply: unknown): string => z.object({ order: idOnly }).parse(reply).order.client_order_id;

const pageSchema = z.object({ orders: z.array(idOnly), has_next: z.boolean().default(false), cursor });

/** A page of orders; only those that `isWanted` are read, since others may be of kinds that are not used here. @throws ZodError */
export function parseCoinbaseOrders(reply: unknown, isWanted: (clientOrderId: string) => boolean = () => true) {
  const { orders, has_next, cursor: next } = pageSchema.parse(reply);
  const wanted = orders.filter((order) => isWanted(order.client_order_id)).map((order) => orderSchema.parse(order));
  return { orders: wanted, next: has_next && next !== '' ? next : undefined };
}

/** The venue's id of an order that was taken. @throws ZodError */
export const parseCreatedOrder = (reply: unknown): string =>
  z.object({ success: z.literal(true), success_response: z.object({ order_id: z.string() }) }).parse(reply).success_response
    .order_id;

const cancelSchema = z.object({
  results: z.array(z.object({ success: z.boolean(), failure_reason: z.string().default(''), order_id: z.string() })),
});

/** Why an order was not cancelled; undefined where it was. @throws ZodError */
export function parseCancelFailure(reply: unknown, venueOrderId: string): string | undefined {
  const result = cancelSchema.parse(reply).results.find((one) => one.order_id === venueOrderId);
  if (result === undefined) throw new Error('the reply to a cancellation does not name the order');
  return result.success ? undefined : result.failure_reason;
}

const fillsSchema = z.object({
  fills: z.array(
    z.object({
      trade_id: z.string(),
      order_id: z.string(),
      trade_time: time,
      /** Reversals and corrections change what was booked; somebody has to look at them. */
      trade_type: z.literal('FILL'),
      price: decimalText,
      size: decimalText,
      commission: decimalText,
      size_in_quote: z.literal(false),
    }),
  ),
  cursor,
});

/** A page of executions of one order; commissions are in the quote currency. @throws ZodError */
export function parseCoinbaseFills(reply: unknown, venueOrderId: string, quoteAsset: string) {
  const { fills, cursor: next } = fillsSchema.parse(reply);
  const executions = fills
    .filter(({ order_id }) => order_id === venueOrderId)
    .map(
      (fill): VenueExecution => ({
        tradeId: fill.trade_id,
        priceUsd: fill.price,
        quantity: fill.size,
        feeAmount: fill.commission,
        feeAsset: quoteAsset,
        atMs: fill.trade_time,
      }),
    );
  return { executions, next: next === '' ? undefined : next };
}

const amount = z.object({ value: decimalText });
const accountsSchema = z.object({
  accounts: z.array(z.object({ currency: z.string(), available_balance: amount, hold: amount })),
  has_next: z.boolean().default(false),
  cursor,
});

/** A page of balances. @throws ZodError */
export function parseAccounts(reply: unknown) {
  const { accounts, has_next, cursor: next } = accountsSchema.parse(reply);
  const balances = accounts.map(({ currency, available_balance, hold }): [string, AssetBalance] => [
    currency,
    { free: money(available_balance.value), locked: money(hold.value) },
  ]);
  return { balances, next: has_next && next !== '' ? next : undefined };
}

const flag = z.boolean().default(false);
const productSchema = z.object({
  product_id: z.string(),
  price: decimalText,
  status: z.string(),
  base_increment: decimalText,
  price_increment: decimalText.optional(),
  quote_increment: decimalText,
  base_min_size: decimalText,
  base_max_size: decimalText,
  quote_min_size: decimalText,
  cancel_only: flag,
  limit_only: flag,
  post_only: flag,
  auction_mode: flag,
  trading_disabled: flag,
  is_disabled: flag,
  view_only: flag,
});

const statusOf = (product: z.infer<typeof productSchema>): MarketStatus => {
  if (product.status !== 'online' || product.is_disabled || product.trading_disabled || product.view_only) return 'halted';
  if (product.cancel_only) return 'cancel_only';
  if (product.post_only) return 'post_only';
  return product.limit_only || product.auction_mode ? 'limit_only' : 'trading';
};

/** A product's rules and status. @throws ZodError */
export function parseProduct(reply: unknown): SymbolMarket {
  const product = productSchema.parse(reply);
  return {
    status: statusOf(product),
    filters: {
      quantityStep: money(product.base_increment),
      minQuantity: money(product.base_min_size),
      maxQuantity: money(product.base_max_size),
      marketMinQuantity: money(0),
      marketMaxQuantity: money(0),
      priceTick: money(product.price_increment ?? product.quote_increment),
      minNotionalUsd: money(product.quote_min_size),
      priceBandLow: money(0),
      priceBandHigh: money(0),
      sellBandLow: money(0),
      sellBandHigh: money(0),
    },
  };
}

/** @throws ZodError */
export const parseProductPrice = (reply: unknown): string => productSchema.pick({ price: true }).parse(reply).price;

/** @throws ZodError */
export const parseCoinbaseTime = (reply: unknown): TimeMs =>
  z.object({ epochMillis: z.union([z.string(), z.number()]).transform(Number).pipe(z.int()) }).parse(reply).epochMillis;

/** What the key may do and whose it is. @throws ZodError */
export const parseKeyPermissions = (reply: unknown) =>
  z.object({ can_trade: z.boolean(), can_transfer: z.boolean(), portfolio_uuid: z.string().optional() }).parse(reply);
