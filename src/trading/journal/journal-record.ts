import { z } from 'zod';
import { equityPointSchema } from '../equity-point.ts';
import { decimalText, fillSchema, orderIntentSchema, timeMs } from '../order.ts';
import { ORDER_STATES } from '../order-state.ts';
import { tradeSchema } from '../trade.ts';
import { unvaluedFeeSchema } from '../unvalued-fee.ts';

const record = <Type extends string, Shape extends z.core.$ZodLooseShape>(type: Type, shape: Shape) =>
  z.object({ type: z.literal(type), atMs: timeMs, ...shape }).readonly();

/** The price levels at which an open position is closed between cycles. */
export const protectionSchema = z
  .object({
    stopPriceUsd: decimalText.nullable(),
    takeProfitPriceUsd: decimalText.nullable(),
    /** Fraction below the highest price since entry; null without a trailing stop. */
    trailingFraction: z.number().nullable(),
    highestPriceUsd: decimalText.nullable(),
    /** Of a short position: its stop lies above, its target below, and a trailing stop follows the lowest price. */
    direction: z.literal('short').optional(),
    lowestPriceUsd: decimalText.optional(),
  })
  .readonly();

export type Protection = z.infer<typeof protectionSchema>;

export const orderSnapshotSchema = z
  .object({
    intent: orderIntentSchema,
    state: z.enum(ORDER_STATES),
    venueOrderId: z.string().nullable(),
    sendBeforeMs: timeMs.nullable(),
    venueAheadMs: z.int().optional(),
    filledQuantity: decimalText,
    notionalUsd: decimalText,
    tradeIds: z.array(z.string()),
    updatedAtMs: timeMs,
    message: z.string().nullable(),
    isTransient: z.boolean(),
    brokeFilter: z.boolean().default(false),
  })
  .readonly();

const positionSnapshotSchema = z
  .object({
    quantityEth: decimalText,
    costUsd: decimalText,
    decisionId: z.string().nullable(),
    lastBuyMs: timeMs.nullable(),
    protection: protectionSchema.nullable(),
  })
  .readonly();

const differenceSchema = z.object({
  kind: z.string(),
  subject: z.string(),
  journal: z.string(),
  venue: z.string(),
  explained: z.boolean(),
  /** What was done about it; journals of earlier versions do not say. */
  action: z.string().optional(),
});

/** The whole state that the records before it add up to; compaction starts a journal anew with one. */
export const ledgerSnapshotSchema = z
  .object({
    orders: z.array(orderSnapshotSchema),
    balances: z.record(z.string(), decimalText),
    transfersUsd: decimalText,
    /** What the journal began with; checkpoints of earlier versions do not say. */
    capitalUsd: decimalText.optional(),
    feesByAsset: z.record(z.string(), decimalText),
    feesUsd: decimalText,
    /** Absent where every fee was charged in base or quote asset, and where every fee is valued. */
    otherFeesUsd: decimalText.optional(),
    unvaluedFees: z.array(unvaluedFeeSchema).optional(),
    fills: z.int(),
    position: positionSnapshotSchema,
    openTrade: tradeSchema.nullable(),
    closedTrades: z.array(tradeSchema),
    decisionIds: z.array(z.string()),
    /** Absent where no funding was ever booked. */
    fundingUsd: decimalText.optional(),
    lastFundingMs: timeMs.optional(),
    fundingIds: z.array(z.string()).optional(),
    /** What the last comparison with the exchange found; checkpoints of earlier versions do not say. */
    lastReconciliation: z.object({ atMs: timeMs, differences: z.array(differenceSchema) }).nullish(),
    /** Absent in journals of earlier versions. */
    equity: z.array(equityPointSchema).optional(),
  })
  .readonly();

export type LedgerSnapshot = z.infer<typeof ledgerSnapshotSchema>;

/** Everything that the journal may hold. A record says what happened; state is the fold over them. */
export const journalRecordSchema = z.discriminatedUnion('type', [
  /** Money given to the system or taken from it: capital, adopted Ether, deposits and withdrawals by hand. */
  record('transfer', { asset: z.string(), amount: decimalText, valueUsd: decimalText, reason: z.string() }),
  record('decision_taken', {
    decisionId: z.string(),
    decisionTimeMs: timeMs,
    action: z.enum(['BUY', 'SELL', 'HOLD']),
    renewsHolding: z.boolean(),
  }),
  record('order_planned', { intent: orderIntentSchema }),
  /** The order will be signed and sent now, and never after `sendBeforeMs`. */
  record('order_submitting', {
    clientOrderId: z.string(),
    sendBeforeMs: timeMs,
    /** How far the exchange's clock was ahead of ours then, in ms: `sendBeforeMs` on its clock is that much later. */
    venueAheadMs: z.int().optional(),
  }),
  record('order_state', {
    clientOrderId: z.string(),
    state: z.enum(ORDER_STATES),
    venueOrderId: z.string().nullable(),
    message: z.string().nullable(),
    /** Of a rejection: a new attempt makes sense. */
    isTransient: z.boolean().optional(),
    /** Of a rejection: quantity or price broke the rules of the symbol. */
    brokeFilter: z.boolean().optional(),
  }),
  record('fill', { fill: fillSchema }),
  /** Funding of a perpetual, booked once: received, or paid where `amount` is negative. `paidAtMs` is when it was due. */
  record('funding', {
    fundingId: z.string().min(1),
    asset: z.string(),
    amount: decimalText,
    paidAtMs: timeMs,
    /** What was held when it was booked, which is not always when it was due. */
    positionEth: decimalText.optional(),
  }),
  /** What a fee that was booked in its own asset was worth in USD when it was charged. */
  record('fee_valued', { clientOrderId: z.string(), tradeId: z.string(), feeUsd: decimalText }),
  /** What is left of the position is too small for the venue to sell: its trade is over, and the rest stays in the account. */
  record('dust', { quantityEth: decimalText, valueUsd: decimalText, minNotionalUsd: decimalText }),
  record('protection', { protection: protectionSchema.nullable() }),
  record('reconciliation', { differences: z.array(differenceSchema) }),
  /** Equity after a decision was carried out: what losses and drawdown are measured from. */
  record('equity', { point: equityPointSchema }),
  record('checkpoint', { ledger: ledgerSnapshotSchema }),
]);

export type JournalRecord = z.infer<typeof journalRecordSchema>;
