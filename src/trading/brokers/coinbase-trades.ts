import { z } from 'zod';
import { decimalText } from '../order.ts';
import type { VenueTrade } from './venue-client.ts';

const fillsSchema = z.object({
  fills: z.array(
    z
      .object({
        trade_id: z.string(),
        order_id: z.string(),
        trade_time: z.iso.datetime({ offset: true }).transform((text) => Date.parse(text)),
        price: decimalText,
        size: decimalText,
        side: z.enum(['BUY', 'SELL']),
      })
      .transform(
        (fill): VenueTrade => ({
          tradeId: fill.trade_id,
          venueOrderId: fill.order_id,
          side: fill.side === 'BUY' ? 'buy' : 'sell',
          quantity: fill.size,
          priceUsd: fill.price,
          atMs: fill.trade_time,
        }),
      ),
  ),
  cursor: z.string().default(''),
});

/** A page of `orders/historical/fills` of a product. @throws ZodError */
export function parseCoinbaseTrades(reply: unknown): { readonly trades: VenueTrade[]; readonly next: string | undefined } {
  const { fills, cursor } = fillsSchema.parse(reply);
  return { trades: fills, next: cursor === '' ? undefined : cursor };
}
