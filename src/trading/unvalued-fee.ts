import { z } from 'zod';
import { divideDown, type Money, money, ZERO } from '../domain/index.ts';
import { decimalText, type Fill, timeMs } from './order.ts';

export const unvaluedFeeSchema = z
  .object({
    clientOrderId: z.string(),
    /** The execution that it was charged for. */
    tradeId: z.string(),
    asset: z.string(),
    amount: decimalText,
    executedAtMs: timeMs,
    /** The trade that it belongs to; null where the execution belongs to none. Of one that crossed zero, the one that it closed. */
    ofTrade: z.string().nullable(),
    /** Where the execution crossed zero: the trade that it opened, and what that one bears of `amount`. */
    opened: z.object({ ofTrade: z.string(), amount: decimalText }).readonly().optional(),
  })
  .readonly();

/** A fee that was booked in its own asset before anybody could say what it was worth in USD. */
export type UnvaluedFee = z.infer<typeof unvaluedFeeSchema>;

/** Executions are numbered by the venue, fees follow them. */
export const feeKey = ({ clientOrderId, tradeId }: Pick<Fill, 'clientOrderId' | 'tradeId'>): string =>
  `${clientOrderId}/${tradeId}`;

/** A part of an execution with the trade that it was booked on, or null. */
export interface BookedPart {
  readonly fill: Fill;
  readonly ofTrade: string | null;
}

/** The fee of `fill` as one that is not valued. @param parts the execution in one part, or in two where it crossed zero */
export function unvaluedFee(fill: Fill, parts: readonly BookedPart[]): UnvaluedFee {
  const { clientOrderId, tradeId, feeAsset: asset, feeAmount: amount, executedAtMs } = fill;
  const [first, second] = parts;
  return {
    ...{ clientOrderId, tradeId, asset, amount, executedAtMs },
    ofTrade: first?.ofTrade ?? null,
    ...(second && second.ofTrade !== null && { opened: { ofTrade: second.ofTrade, amount: second.fill.feeAmount } }),
  };
}

/** What one trade bears of a fee, and what that was worth. */
export interface ValuedPart {
  readonly ofTrade: string | null;
  readonly amount: Money;
  readonly feeUsd: Money;
}

/** The value of the part of the trade that was closed is cut off here; the other bears the rest, so that both add up exactly. */
const USD_DECIMALS = 12;

/** A fee by the trades that bear it, its value pro rata of their amounts. @param feeUsd what all of it was worth */
export function valuedParts({ amount, ofTrade, opened }: UnvaluedFee, feeUsd: string): readonly ValuedPart[] {
  const [whole, wholeUsd] = [money(amount), money(feeUsd)];
  if (opened === undefined) return [{ ofTrade, amount: whole, feeUsd: wholeUsd }];
  const closing = whole.minus(opened.amount);
  const closingUsd = whole.eq(0) ? ZERO : divideDown(wholeUsd.times(closing), whole, USD_DECIMALS);
  return [
    { ofTrade, amount: closing, feeUsd: closingUsd },
    { ofTrade: opened.ofTrade, amount: money(opened.amount), feeUsd: wholeUsd.minus(closingUsd) },
  ];
}
