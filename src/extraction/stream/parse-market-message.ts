import { z } from 'zod';
import { type ClosedCandle, type FormingCandle, isConsistentOhlc, MINUTE_MS, type TimeMs } from '../../domain/index.ts';
import { readReply, replyInvalid } from '../reply-schema.ts';

const SYMBOL = 'ETHUSDT';
const CODE = 'stream.message_invalid';
const SOURCE = 'Binance stream';

/** What the exchange's market streams say. Prices as the exchange writes them, decimals as text, where money may follow. */
export type MarketMessage =
  | { readonly kind: 'closed'; readonly eventMs: TimeMs; readonly candle: ClosedCandle; readonly price: string }
  | { readonly kind: 'forming'; readonly eventMs: TimeMs; readonly candle: FormingCandle; readonly price: string }
  | { readonly kind: 'trade'; readonly eventMs: TimeMs; readonly id: number; readonly price: string };

const decimal = z.string().regex(/^\d{1,15}(\.\d{1,20})?$/, 'expected a decimal as text');
const price = decimal.refine((text) => Number(text) > 0, 'expected a price above 0');
/** Until the year 2286: later times are in another unit. */
const time = z.int().min(1_000_000_000_000).max(9_999_999_999_999);
const klineSchema = z.object({
  E: time,
  s: z.literal(SYMBOL),
  k: z.object({ t: time, T: time, i: z.literal('1m'), o: price, h: price, l: price, c: price, v: decimal, x: z.boolean() }),
});
const tradeSchema = z.object({ E: time, s: z.literal(SYMBOL), a: z.int().min(0), p: price });

/**
 * One message of `ethusdt@kline_1m` or `ethusdt@aggTrade`; `undefined` for any other kind. Volume is in ETH.
 * @throws SourceError `stream.message_invalid` with the path that is wrong
 */
export function parseMarketMessage(message: unknown): MarketMessage | undefined {
  const kind = message !== null && typeof message === 'object' && 'e' in message ? message.e : undefined;
  if (kind === 'kline') return parseKline(message);
  if (kind !== 'aggTrade') return undefined;
  const { E: eventMs, a: id, p } = readReply(tradeSchema, message, CODE, SOURCE);
  return { kind: 'trade', eventMs, id, price: p };
}

function parseKline(message: unknown): MarketMessage {
  const { E: eventMs, k } = readReply(klineSchema, message, CODE, SOURCE);
  const [open, high, low, close, volume] = [k.o, k.h, k.l, k.c, k.v].map(Number) as [number, number, number, number, number];
  const closeTimeMs = k.t + MINUTE_MS;
  if (k.t % MINUTE_MS !== 0 || k.T !== closeTimeMs - 1) throw replyInvalid(CODE, SOURCE, ['k', 't'], 'is no minute');
  if (!isConsistentOhlc(open, high, low, close)) throw replyInvalid(CODE, SOURCE, ['k'], 'high and low do not hold the others');
  if (eventMs < k.t || (k.x && eventMs < k.T)) throw replyInvalid(CODE, SOURCE, ['E'], 'is before what it tells of');
  const candle = { openTimeMs: k.t, closeTimeMs, open, high, low, close, volume };
  return k.x
    ? { kind: 'closed', eventMs, candle: { ...candle, closed: true }, price: k.c }
    : { kind: 'forming', eventMs, candle: { ...candle, closed: false }, price: k.c };
}
