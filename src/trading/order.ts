import { z } from 'zod';
import { TRADING_MODES } from './trading-mode.ts';

/** A decimal amount in plain notation; the only form in which money is written down. */
export const decimalText = z.string().regex(/^-?\d+(\.\d+)?$/);
export const timeMs = z.int();

export const ORDER_LEGS = [
  'entry',
  'exit',
  'stop_loss',
  'take_profit',
  'trailing_stop',
  'time_exit',
  'flatten',
  'emergency_exit',
  'stop_on_exchange',
  'target_on_exchange',
  'liquidation_near',
] as const;

/**
 * What an order does for its decision. One decision has at most one live order per leg. The legs `..._on_exchange` rest
 * there as one list, of which one cancels the other; the others are sent when they are to be filled.
 */
export type OrderLeg = (typeof ORDER_LEGS)[number];

export const orderIntentSchema = z
  .object({
    clientOrderId: z.string().min(1).max(36),
    decisionId: z.string(),
    leg: z.enum(ORDER_LEGS),
    /** 1, 2, ...: a new attempt is a new order with a new id. */
    attempt: z.int().min(1),
    symbol: z.string(),
    side: z.enum(['buy', 'sell']),
    /** `stop`: a market order from the moment at which the price is at `stopPriceUsd`. */
    type: z.enum(['market', 'limit', 'stop']),
    /** In the base asset, a multiple of `quantityStep`. */
    quantity: decimalText,
    quantityStep: decimalText,
    limitPriceUsd: decimalText.optional(),
    stopPriceUsd: decimalText.optional(),
    /** The list at the exchange that the order is one of. */
    listClientOrderId: z.string().min(1).max(36).optional(),
    postOnly: z.boolean().optional(),
    /** Of an order for a perpetual: whether it may only make the position smaller. Absent on spot. */
    reduceOnly: z.boolean().optional(),
    /** The price at which a stop or target fired; simulated venues fill there. */
    triggerPriceUsd: decimalText.optional(),
    /** The price that the order was sized with. */
    referencePriceUsd: decimalText,
    plannedAtMs: timeMs,
    /** An intent that was not sent by then is never sent. */
    validUntilMs: timeMs,
    reason: z.string(),
    modelId: z.string().nullable(),
    mode: z.enum(TRADING_MODES),
  })
  .readonly();

/** An order as it is meant, written to the journal before it is sent. Decimals are texts. */
export type OrderIntent = z.infer<typeof orderIntentSchema>;
export type OrderSide = OrderIntent['side'];

/** Whether an order makes the position larger, or turns it: on spot, whether it buys. */
export const takesRisk = ({ side, reduceOnly }: Pick<OrderIntent, 'side' | 'reduceOnly'>): boolean =>
  reduceOnly === undefined ? side === 'buy' : !reduceOnly;

export const fillSchema = z
  .object({
    /** The venue's id of this execution; the same one is never booked twice. */
    tradeId: z.string(),
    clientOrderId: z.string(),
    side: z.enum(['buy', 'sell']),
    quantity: decimalText,
    priceUsd: decimalText,
    feeAmount: decimalText,
    feeAsset: z.string(),
    /** What the fee was worth in USD when it was charged; null while that is not known. */
    feeUsd: decimalText.nullable(),
    executedAtMs: timeMs,
  })
  .readonly();

/** One execution of an order, whole or in part. */
export type Fill = z.infer<typeof fillSchema>;
