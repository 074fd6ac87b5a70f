import { z } from 'zod';
import { decimalText, orderIntentSchema, timeMs } from './order.ts';
import { reasonSchema } from './reason.ts';
import { MARKET_STATUSES } from './symbol-filters.ts';
import { TRADING_MODES } from './trading-mode.ts';

const label = z.enum(['BUY', 'SELL', 'HOLD']);
const nullableDecimal = decimalText.nullable();

const decisionSchema = z.object({
  decisionTimeMs: timeMs,
  label,
  confidence: z.number().nullable(),
  action: label,
  targetExposure: z.number().nullable(),
  renewsHolding: z.boolean(),
  reasons: z.array(reasonSchema).readonly(),
});

const riskSchema = z.object({
  allowed: z.boolean(),
  targetExposure: z.number().nullable(),
  reasons: z.array(reasonSchema).readonly(),
});

const sizingSchema = z.object({
  priceUsd: nullableDecimal,
  cashUsd: decimalText,
  positionEth: decimalText,
  targetExposure: z.number().nullable(),
  feeBps: z.number(),
  slippageBps: z.number(),
  side: z.enum(['buy', 'sell']).nullable(),
  quantity: nullableDecimal,
  reason: reasonSchema.nullable(),
});

const conditionsSchema = z.object({
  isHalted: z.boolean(),
  /** null where there is no exchange to be asked. */
  isExchangeUp: z.boolean().nullable(),
  /** Whether the market took orders, as the venue said; records of earlier versions do not tell. */
  marketStatus: z.enum(MARKET_STATUSES).optional(),
  /** How far features and losses had drifted; absent where nobody measured it. */
  drift: z.object({ level: z.enum(['ok', 'watch', 'act']), reasons: z.array(z.string()) }).optional(),
  /** Of a purchase against the order book; null where there was none, or not enough of it. */
  cost: z.object({ spreadBps: z.number(), slippageBps: z.number().nullable() }).nullable(),
  /** The venue's rules that the order was sized with. */
  filters: z.object({
    quantityStep: decimalText,
    minQuantity: decimalText,
    maxQuantity: decimalText,
    /** Records of earlier versions do not tell those of market orders, nor a band of sales. */
    marketMinQuantity: decimalText.default('0'),
    marketMaxQuantity: decimalText.default('0'),
    priceTick: decimalText,
    minNotionalUsd: decimalText,
    priceBandLow: decimalText,
    priceBandHigh: decimalText,
    sellBandLow: decimalText.default('0'),
    sellBandHigh: decimalText.default('0'),
  }),
});

/**
 * Everything that a decision was made from and what it came to, written durably before anything is done about it.
 * Replay, explanation, attribution and audit read nothing else.
 */
export const decisionRecordSchema = z
  .object({
    decisionId: z.string(),
    strategy: z.string(),
    symbol: z.string(),
    mode: z.enum(TRADING_MODES),
    /** Tells backtests and demos apart; null for the one run of a data directory. */
    runId: z.string().nullable(),
    /** The scheduled time. */
    decisionTimeMs: timeMs,
    /** When the cycle read its data: rows recorded later were not seen. */
    dataCutoffRecordedMs: timeMs,
    configHash: z.string(),
    modelId: z.string().nullable(),
    modelSha256: z.string().nullable(),
    /** What was read, by table and series: revision ids or partition hashes. */
    inputs: z
      .array(z.object({ table: z.string(), series: z.string().nullable(), partitions: z.array(z.string()).readonly() }))
      .readonly(),
    /** As known at the decision time; null is missing. */
    features: z.record(z.string(), z.number().nullable()).readonly(),
    prediction: z
      .object({
        modelId: z.string(),
        classIndex: z.union([z.literal(0), z.literal(1), z.literal(2)]),
        probabilities: z.tuple([z.number(), z.number(), z.number()]).readonly(),
        confidence: z.number(),
      })
      .nullable(),
    /**
     * The classes that could not be ruled out at a coverage, by the outcomes known then; `missRate` is what the sets were
     * made for at present, null where the model's fixed threshold stood in. Null without sets; absent in older records.
     */
    predictionSet: z
      .object({
        coverage: z.number(),
        missRate: z.number().nullable(),
        outcomes: z.int(),
        classes: z.array(z.union([z.literal(0), z.literal(1), z.literal(2)])).readonly(),
      })
      .nullable()
      .optional(),
    dataVerdicts: z
      .array(
        z.object({
          dataset: z.string(),
          verdict: z.enum(['ok', 'warning', 'suspect', 'stale', 'missing']),
          isRequired: z.boolean(),
          detail: z.string().optional(),
        }),
      )
      .readonly(),
    positionBefore: z.object({
      quantityEth: decimalText,
      cashUsd: decimalText,
      equityUsd: nullableDecimal,
      exposure: z.number(),
      lastBuyMs: timeMs.nullable(),
    }),
    /** What surrounded it besides data and account. */
    conditions: conditionsSchema,
    decision: decisionSchema,
    risk: riskSchema,
    sizing: sizingSchema,
    intents: z.array(orderIntentSchema).readonly(),
  })
  .readonly();

export type DecisionRecord = z.infer<typeof decisionRecordSchema>;
