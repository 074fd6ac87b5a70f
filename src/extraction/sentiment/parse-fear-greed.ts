import { z } from 'zod';
import { DAY_MS, SourceError, type TimeMs } from '../../domain/index.ts';
import { readReply } from '../reply-schema.ts';

const wholeNumber = z
  .union([z.string(), z.number()])
  .refine((value) => /^\d{1,12}$/.test(String(value)), 'expected a whole number')
  .transform(Number);

const replySchema = z.object({
  data: z.array(z.object({ value: wholeNumber.refine((value) => value <= 100, 'expected 0 to 100'), timestamp: wholeNumber })),
  metadata: z.object({ error: z.unknown().optional() }).optional(),
});

export interface FearGreedDay {
  readonly dayMs: TimeMs;
  readonly value: number;
}

/**
 * Reply of `/fng/` -> index by day, ascending, one a day.
 * @throws SourceError `fear_greed.reply_invalid` with the path that is wrong, `fear_greed.refused`
 */
export function parseFearGreed(body: unknown): FearGreedDay[] {
  const { data, metadata } = readReply(replySchema, body, 'fear_greed.reply_invalid', 'Fear & Greed');
  if (metadata?.error) {
    throw new SourceError('fear_greed.refused', `Fear & Greed refused: ${JSON.stringify(metadata.error).slice(0, 200)}`);
  }
  const days = new Map<TimeMs, FearGreedDay>();
  for (const { value, timestamp } of data) {
    const dayMs = Math.floor((timestamp * 1_000) / DAY_MS) * DAY_MS;
    days.set(dayMs, { dayMs, value });
  }
  return [...days.values()].sort((one, other) => one.dayMs - other.dayMs);
}
