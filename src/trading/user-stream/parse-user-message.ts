import { z } from 'zod';
import { decimalText, timeMs } from '../order.ts';

/**
 * What Binance's WebSocket API says. `reply` answers a request of ours; `order` and `list` name what changed; `account`
 * says that balances did; `ended` that nothing more comes over this subscription; `other` is an event that means nothing here.
 */
export type UserMessage =
  | { readonly kind: 'reply'; readonly id: string; readonly problem: string | null }
  | { readonly kind: 'order'; readonly clientOrderId: string; readonly tradeId: string | null; readonly atMs: number }
  | { readonly kind: 'list'; readonly clientOrderIds: readonly string[]; readonly isOver: boolean; readonly atMs: number }
  | { readonly kind: 'account' | 'other'; readonly atMs: number }
  | { readonly kind: 'ended' };

const NO_TRADE = -1;

const replySchema = z.object({
  id: z.union([z.string(), z.number()]).transform(String),
  status: z.int(),
  error: z.object({ code: z.int(), msg: z.string() }).optional(),
});

const eventSchema = z.looseObject({ e: z.string(), E: timeMs });

const executionSchema = z.object({
  E: timeMs,
  /** Of a cancellation: made by the request. `C` is then the order's own id. */
  c: z.string(),
  C: z.string(),
  t: z.int(),
  z: decimalText,
});

const listSchema = z.object({ E: timeMs, L: z.string(), O: z.array(z.object({ c: z.string() })) });

/** One text of the socket. @throws ZodError, SyntaxError */
export function parseUserMessage(text: string): UserMessage {
  const message = z.looseObject({}).parse(JSON.parse(text));
  if (message.event === undefined) {
    const { id, status, error } = replySchema.parse(message);
    return { kind: 'reply', id, problem: status === 200 ? null : `${error?.code ?? status} ${error?.msg ?? ''}`.trim() };
  }
  const event = eventSchema.parse(message.event);
  switch (event.e) {
    case 'executionReport': {
      const { E, c, C, t } = executionSchema.parse(event);
      return { kind: 'order', clientOrderId: C === '' ? c : C, tradeId: t === NO_TRADE ? null : String(t), atMs: E };
    }
    case 'listStatus': {
      const { E, L, O } = listSchema.parse(event);
      return { kind: 'list', clientOrderIds: O.map((order) => order.c), isOver: L === 'ALL_DONE', atMs: E };
    }
    case 'outboundAccountPosition':
    case 'balanceUpdate':
      return { kind: 'account', atMs: event.E };
    case 'eventStreamTerminated':
    case 'serverShutdown':
      return { kind: 'ended' };
  }
  return { kind: 'other', atMs: event.E };
}
