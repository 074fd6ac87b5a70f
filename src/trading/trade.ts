import { z } from 'zod';
import { type Money, money, ZERO } from '../domain/index.ts';
import { decimalText, type Fill, type OrderIntent, timeMs } from './order.ts';
import { TRADING_MODES } from './trading-mode.ts';
import type { ValuedPart } from './unvalued-fee.ts';

/** A trade from the first order out of a flat position to the one that makes it flat again. Sums are exact. */
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
    /** Which way a position in a perpetual goes; absent on spot, where every trade is long. */
    direction: z.enum(['long', 'short']).optional(),
    /** Funding received less funding paid while it was open; absent where there was none. */
    fundingUsd: decimalText.optional(),
    /** Fees by asset that are not valued yet, and so not in `feesUsd`; absent where there are none. */
    unvaluedFees: z.record(z.string(), decimalText).optional(),
  })
  .readonly();

export type Trade = z.infer<typeof tradeSchema>;

export const isShort = ({ direction }: Trade): boolean => direction === 'short';

export function openTrade(intent: OrderIntent, fill: Fill): Trade {
  return {
    ...(intent.reduceOnly !== undefined && { direction: fill.side === 'buy' ? ('long' as const) : ('short' as const) }),
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
  const feeUsd = fill.feeUsd ?? '0';
  const fees = {
    feesUsd: plus(trade.feesUsd, feeUsd),
    feesInBaseUsd: fill.feeAsset === baseAsset ? plus(trade.feesInBaseUsd, feeUsd) : trade.feesInBaseUsd,
    feesByAsset: { ...trade.feesByAsset, [fill.feeAsset]: plus(trade.feesByAsset[fill.feeAsset] ?? '0', fill.feeAmount) },
    ...(fill.feeUsd === null && withUnvalued(trade, fill.feeAsset, money(fill.feeAmount))),
  };
  return fill.side === 'buy'
    ? { ...trade, ...fees, boughtEth: plus(trade.boughtEth, fill.quantity), boughtUsd: plus(trade.boughtUsd, notional) }
    : { ...trade, ...fees, soldEth: plus(trade.soldEth, fill.quantity), soldUsd: plus(trade.soldUsd, notional) };
}

/** `trade` with a funding payment booked: positive received, negative paid. */
export const fundTrade = (trade: Trade, amountUsd: Money): Trade => ({
  ...trade,
  fundingUsd: money(trade.fundingUsd ?? 0)
    .plus(amountUsd)
    .toFixed(),
});

/** `trade` with a fee valued that was not before. */
export const valueTradeFee = (trade: Trade, asset: string, { amount, feeUsd }: ValuedPart): Trade => ({
  ...trade,
  ...withUnvalued(trade, asset, amount.times(-1)),
  feesUsd: money(trade.feesUsd).plus(feeUsd).toFixed(),
});

function withUnvalued(trade: Trade, asset: string, amount: Money): Pick<Trade, 'unvaluedFees'> {
  const { [asset]: before = '0', ...others } = trade.unvaluedFees ?? {};
  const sum = money(before).plus(amount);
  return { unvaluedFees: sum.eq(0) ? others : { ...others, [asset]: sum.toFixed() } };
}

/** Realised profit of a closed trade in USD: what came in less what went out, fees included once, and funding. */
export const tradePnlUsd = (trade: Trade): Money =>
  money(trade.soldUsd)
    .minus(trade.boughtUsd)
    .minus(trade.feesUsd)
    .plus(trade.feesInBaseUsd)
    .plus(trade.fundingUsd ?? 0);

/** One side of a trade: how much, and for how much in all. */
export interface TradeSide {
  readonly eth: string;
  readonly usd: string;
}

/** What opened the position: purchases of a long one, sales of a short one. */
export const entrySide = (trade: Trade): TradeSide =>
  isShort(trade) ? { eth: trade.soldEth, usd: trade.soldUsd } : { eth: trade.boughtEth, usd: trade.boughtUsd };

/** What closed it. */
export const exitSide = (trade: Trade): TradeSide =>
  isShort(trade) ? { eth: trade.boughtEth, usd: trade.boughtUsd } : { eth: trade.soldEth, usd: trade.soldUsd };

/** Profit as a share of what the position was opened for, as a number for statistics. */
export function tradeReturn(trade: Trade): number {
  const paid = money(entrySide(trade).usd);
  return paid.gt(0) ? Number(tradePnlUsd(trade).div(paid).toString()) : 0;
}

/** Average price of a side, to 8 places; zero where nothing was traded. */
export const averagePrice = (usd: string, eth: string): Money => (money(eth).gt(0) ? money(usd).div(eth).round(8) : ZERO);
