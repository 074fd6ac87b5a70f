import { z } from 'zod';
import type { ClosedCandle, TimeMs } from '../../domain/index.ts';
import { readReply, replyInvalid } from '../reply-schema.ts';

const decimal = z.string().regex(/^\d{1,20}(\.\d{1,20})?$/, 'expected a decimal as text');
const klinesSchema = z.array(z.tuple([z.int().min(0), decimal, decimal, decimal, decimal, decimal, z.int()], z.unknown()));

/**
 * Binance klines -> closed candles as they come; the one still forming at `nowMs` is left out. Volume is in ETH.
 * @throws SourceError `binance.reply_invalid` with the path that is wrong
 */
export function parseKlines(body: unknown, periodMs: number, nowMs: TimeMs): ClosedCandle[] {
  const candles: ClosedCandle[] = [];
  for (const [i, row] of readReply(klinesSchema, body, 'binance.reply_invalid', 'Binance').entries()) {
    const [openTimeMs, ...texts] = row;
    const [open, high, low, close, volume] = texts.slice(0, 5).map(Number) as [number, number, number, number, number];
    if (openTimeMs % periodMs !== 0) {
      throw replyInvalid('binance.reply_invalid', 'Binance', [String(i), '0'], 'no start of an interval');
    }
    if (openTimeMs <= (candles.at(-1)?.openTimeMs ?? -1)) {
      throw replyInvalid('binance.reply_invalid', 'Binance', [String(i), '0'], 'time runs backwards');
    }
    const closeTimeMs = openTimeMs + periodMs;
    if (closeTimeMs <= nowMs) candles.push({ openTimeMs, closeTimeMs, open, high, low, close, volume, closed: true });
  }
  return candles;
}
