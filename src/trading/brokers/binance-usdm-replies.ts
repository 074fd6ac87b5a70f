import { z } from 'zod';
import { type Money, money, ZERO } from '../../domain/index.ts';
import type { FundingPayment, VenuePosition } from '../broker.ts';
import { decimalText } from '../order.ts';
import type { VenueTrade } from './venue-client.ts';

const id = z.union([z.number(), z.string()]).transform(String);
const time = z.union([z.number(), z.string()]).transform(Number).pipe(z.int());

const balanceSchema = z.array(z.object({ asset: z.string(), balance: decimalText, availableBalance: decimalText }));

/** What a wallet holds of an asset. */
export interface WalletBalance {
  readonly totalUsd: Money;
  readonly freeUsd: Money;
}

/** fapi/v3/balance, one asset of it; nothing of what is not listed. @throws ZodError */
export function parseWallet(reply: unknown, asset: string): WalletBalance {
  const held = balanceSchema.parse(reply).find((one) => one.asset === asset);
  return { totalUsd: money(held?.balance ?? 0), freeUsd: money(held?.availableBalance ?? 0) };
}

const positionSchema = z.array(
  z.object({
    symbol: z.string(),
    positionSide: z.string(),
    positionAmt: decimalText,
    entryPrice: decimalText,
    markPrice: decimalText,
    liquidationPrice: decimalText,
  }),
);

/** fapi/v3/positionRisk, one symbol of it in one-way mode; what is not listed is no position. @throws ZodError */
export function parsePosition(reply: unknown, symbol: string): VenuePosition {
  const held = positionSchema.parse(reply).find((one) => one.symbol === symbol && one.positionSide === 'BOTH');
  const liquidation = money(held?.liquidationPrice ?? 0);
  return {
    quantityEth: money(held?.positionAmt ?? 0),
    entryPriceUsd: money(held?.entryPrice ?? 0),
    markPriceUsd: money(held?.markPrice ?? 0),
    liquidationPriceUsd: liquidation.gt(ZERO) ? liquidation : null,
  };
}

const incomeSchema = z.array(
  z.object({ incomeType: z.string(), income: decimalText, asset: z.string(), time, tranId: id, symbol: z.string() }),
);

/** fapi/v1/income, its funding fees. @throws ZodError */
export const parseFunding = (reply: unknown, symbol: string): FundingPayment[] =>
  incomeSchema
    .parse(reply)
    .filter((one) => one.incomeType === 'FUNDING_FEE' && one.symbol === symbol)
    .map(({ tranId, asset, income, time: paidAtMs }) => ({ fundingId: tranId, asset, amount: income, paidAtMs }));

/** Whether the account holds a long and a short position of one symbol apart. @throws ZodError */
export const parseIsHedged = (reply: unknown): boolean =>
  z.object({ dualSidePosition: z.boolean() }).parse(reply).dualSidePosition;

/** What a key may do, of the spot host's apiRestrictions: trade perpetuals, and withdraw. @throws ZodError */
export const parseFuturesKeyRights = (reply: unknown): { readonly mayTrade: boolean; readonly mayWithdraw: boolean } => {
  const rights = z.object({ enableWithdrawals: z.boolean(), enableFutures: z.boolean() }).parse(reply);
  return { mayTrade: rights.enableFutures, mayWithdraw: rights.enableWithdrawals };
};

/** fapi/v1/userTrades: the venue's ids of the orders that they belong to, one for each trade. @throws ZodError */
export const parseTradedOrders = (reply: unknown): string[] =>
  z
    .array(z.object({ orderId: id }))
    .parse(reply)
    .map(({ orderId }) => orderId);

const tradesSchema = z.array(
  z.object({ id, orderId: id, side: z.enum(['BUY', 'SELL']), price: decimalText, qty: decimalText, time }).transform(
    (trade): VenueTrade => ({
      tradeId: trade.id,
      venueOrderId: trade.orderId,
      side: trade.side === 'BUY' ? 'buy' : 'sell',
      quantity: trade.qty,
      priceUsd: trade.price,
      atMs: trade.time,
    }),
  ),
);

/** fapi/v1/userTrades of the whole account. @throws ZodError */
export const parseAccountTrades = (reply: unknown): VenueTrade[] => tradesSchema.parse(reply);
