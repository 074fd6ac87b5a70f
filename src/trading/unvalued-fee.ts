import { z } from 'zod';
import { decimalText, type Fill, timeMs } from './order.ts';

export const unvaluedFeeSchema = z
  .object({
    clientOrderId: z.string(),
    /** The execution that it was charged for. */
    tradeId: z.string(),
    asset: z.string(),
    amount: decimalText,
    executedAtMs: timeMs,
    /** The trade that it belongs to; null where the execution belongs to none. */
    ofTrade: z.string().nullable(),
  })
  .readonly();

/** A fee that was booked in its own asset before anybody could say what it was worth in USD. */
export type UnvaluedFee = z.infer<typeof unvaluedFeeSchema>;

/** Executions are numbered by the venue, fees follow them. */
export const feeKey = ({ clientOrderId, tradeId }: Pick<Fill, 'clientOrderId' | 'tradeId'>): string =>
  `${clientOrderId}/${tradeId}`;
