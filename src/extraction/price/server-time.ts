import { z } from 'zod';
import type { TimeMs } from '../../domain/index.ts';
import type { HttpClient } from '../http/index.ts';
import { readReply } from '../reply-schema.ts';

const serverTimeSchema = z.object({ serverTime: z.int().positive() });

/** Asks Binance what time it is there. @throws SourceError `http.*`, `binance.reply_invalid` */
export function fetchServerTime(http: HttpClient, baseUrl: string, signal: AbortSignal): Promise<TimeMs> {
  const url = `${baseUrl.replace(/\/$/, '')}/api/v3/time`;
  return http.json(
    { source: 'binance', url, signal },
    (body) => readReply(serverTimeSchema, body, 'binance.reply_invalid', 'Binance').serverTime,
  );
}
