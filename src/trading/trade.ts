import { z } from 'zod';
import { type Money, money, ZERO } from '../domain/index.ts';
import { decimalText, type Fill, type OrderIntent, timeMs } from './order.ts';
import { TRADING_MODES } from './trading-mode.ts';

/** A trade from the first buy out of a flat position to the sale that makes it flat again. Sums are exact. */
export const tradeSchema = z
  .object({
    tradeId: z.string(),
    decisionId: z.string(),
    modelId: z.string().nullable(),
    mode: z.enum(TRADING_MODES),
    entryTimeMs: timeMs,
    exitTimeMs: timeMs.nullable(),
    /** Why it was closed, or why it was opened while it is open. */
    reason: z.string(),
    boughtEth: decimalText,
    boughtUsd: decimalText,
    soldEth: decimalText,
    soldUsd: decimalText,
    feesUsd: decimalText,
    /** Part of `feesUsd` that was taken from the Ether itself and so is already missing from what could be sold. */
    feesInBaseUsd: decimalText,
    /** The fees in the assets that they were charged in; checkpoints of earlier versions do not say. */
    feesByAsset: z.record(z.string(), decimalText).default({}),
  })
  .readonly();

export type Trade = z.infer<typeof tradeSchema>;

export function openTrade(intent: OrderIntent, fill: Fill): Trade {
  return {
    tradeId: `${intent.clientOrderId}-${fill.tradeId}`,
    decisionId: intent.decisionId,
    modelId: intent.modelId,
    mode: intent.mode,
    entryTimeMs: fill.executedAtMs,
    exitTimeMs: null,
    reason: intent.reason,
    boughtEth: '0',
    boughtUsd: '0',
    soldEth: '0',
    soldUsd: '0',
    feesUsd: '0',
    feesInBaseUsd: '0',
    feesByAsset: {},
  };
}

/** `trade` with one more fill booked. */
export function addToTrade(trade: Trade, fill: Fill, baseAsset: string): Trade {
  const notional = money(fill.quantity).times(fill.priceUsd);
  const plus = (sum: string, amount: Money | string) => money(sum).plus(amount).toFixed();
  const fees = {
    feesUsd: plus(trade.feesUsd, fill.feeUsd),
    feesInBaseUsd: fill.feeAsset === baseAsset ? plus(trade.feesInBaseUsd, fill.feeUsd) : trade.feesInBaseUsd,
    feesByAsset: { ...trade.feesByAsset, [fill.feeAsset]: plus(trade.feesByAsset[fill.feeAsset] ?? '0', fill.feeAmount) },
  };
  return fill.side === 'buy'
    ? { ...trade, ...fees, boughtEth: plus(trade.boughtEth, fill.quantity), boughtUsd: plus(trade.boughtUsd, notional) }
    : { ...trade, ...fees, soldEth: plus(trade.soldEth, fill.quantity), soldUsd: plus(trade.soldUsd, notional) };
}

/** Realised profit of a closed trade in USD: what came in less what went out, fees included once. */
export const tradePnlUsd = (trade: Trade): Money =>
  money(trade.soldUsd).minus(trade.boughtUsd).minus(trade.feesUsd).plus(trade.feesInBaseUsd);

/** Profit as a share of what was paid for the position, as a number for statistics. */
export function tradeReturn(trade: Trade): number {
  const paid = money(trade.boughtUsd);
  return paid.gt(0) ? Number(tradePnlUsd(trade).div(paid).toString()) : 0;
}

/** Average price of a side, to 8 places; zero where nothing was traded. */
export const averagePrice = (usd: string, eth: string): Money => (money(eth).gt(0) ? money(usd).div(eth).round(8) : ZERO);
