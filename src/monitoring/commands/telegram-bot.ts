import { z } from 'zod';
import { type Clock, SECOND_MS, SourceError, type Timer } from '../../domain/index.ts';
import { type Fetch, postJson } from '../channels/post.ts';
import { TELEGRAM_MAX_CHARS, telegramMethod } from '../channels/telegram-api.ts';
import type { ChatCommands } from './chat-commands.ts';
import type { UpdateOffset } from './update-offset.ts';

/** The part of `fetch` that reads messages. */
export type FetchText = (
  url: string,
  init: { signal: AbortSignal },
) => Promise<{ readonly status: number; text(): Promise<string> }>;

export interface TelegramBotParts {
  readonly token: string;
  readonly base: string | undefined;
  readonly read: FetchText;
  readonly write: Fetch;
  readonly commands: ChatCommands;
  readonly offset: UpdateOffset;
  /** This machine's clock: messages carry real time, whatever time is traded by. */
  readonly clock: Clock;
  readonly timer: Timer;
  /** Told once of a failure, and again only after messages could be read in between. */
  readonly onFailure: (why: string) => void;
}

const updateSchema = z.object({
  update_id: z.int(),
  message: z
    .object({
      date: z.int(),
      text: z.string().optional(),
      from: z.object({ id: z.int() }).optional(),
      chat: z.object({ id: z.int() }),
    })
    .optional(),
});
type Update = z.infer<typeof updateSchema>;
const replySchema = z.object({ ok: z.literal(true), result: z.array(updateSchema) });

const POLL_SECONDS = 25;
const READ_TIMEOUT_MS = (POLL_SECONDS + 10) * SECOND_MS;
const WRITE_TIMEOUT_MS = 15 * SECOND_MS;
const FIRST_PAUSE_MS = SECOND_MS;
const LAST_PAUSE_MS = 60 * SECOND_MS;

/**
 * Reads commands by long polling (Telegram Bot API, `getUpdates`), so that no port has to be open to the internet. A
 * message is noted as read before it is followed: killed in between, a command is lost rather than followed twice.
 */
export class TelegramBot {
  readonly #parts: TelegramBotParts;
  readonly #stop = new AbortController();
  #reading: Promise<void> | undefined;

  constructor(parts: TelegramBotParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#reading ??= this.#read();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#reading;
  }

  async #read(): Promise<void> {
    const { timer, onFailure } = this.#parts;
    const { signal } = this.#stop;
    let pauseMs = FIRST_PAUSE_MS;
    let isFailing = false;
    while (!signal.aborted) {
      try {
        for (const update of await this.#updates()) await this.#follow(update);
        pauseMs = FIRST_PAUSE_MS;
        isFailing = false;
      } catch (error) {
        if (signal.aborted) return;
        if (!isFailing) onFailure(error instanceof Error ? error.message : String(error));
        isFailing = true;
        await timer.sleep(pauseMs, signal).catch(() => undefined);
        pauseMs = Math.min(LAST_PAUSE_MS, pauseMs * 2);
      }
    }
  }

  async #updates(): Promise<readonly Update[]> {
    const { token, base, read, offset } = this.#parts;
    const query = new URLSearchParams({
      offset: `${offset.next}`,
      timeout: `${POLL_SECONDS}`,
      limit: '20',
      allowed_updates: '["message"]',
    });
    const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(READ_TIMEOUT_MS)]);
    const reply = await read(`${telegramMethod(token, 'getUpdates', base)}?${query}`, { signal }).catch((error: unknown) => {
      const code =
        error instanceof Error && error.cause instanceof Error && 'code' in error.cause ? ` (${error.cause.code})` : '';
      throw new SourceError('notify.unreachable', `Telegram does not answer${code}`);
    });
    if (reply.status !== 200) throw refusal(reply.status);
    const parsed = replySchema.safeParse(jsonOf(await reply.text()));
    if (!parsed.success) throw new SourceError('notify.refused', 'Telegram answered something that is no list of messages');
    return parsed.data.result;
  }

  async #follow({ update_id, message }: Update): Promise<void> {
    const { token, base, write, commands, offset, clock } = this.#parts;
    await offset.save(update_id + 1);
    if (message?.text === undefined || message.from === undefined) return;
    const { from, chat, date, text } = message;
    const answer = await commands.answer({ userId: from.id, text, ageMs: clock.nowMs() - date * SECOND_MS });
    if (answer === undefined) return;
    const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(WRITE_TIMEOUT_MS)]);
    const body = { chat_id: chat.id, text: answer.slice(0, TELEGRAM_MAX_CHARS) };
    await postJson(write, 'telegram', telegramMethod(token, 'sendMessage', base), body, signal);
  }
}

function refusal(status: number): SourceError {
  const hints: Readonly<Record<number, string>> = {
    401: 'ETS_TELEGRAM_BOT_TOKEN is no token of a bot',
    404: 'ETS_TELEGRAM_BOT_TOKEN is no token of a bot',
    409: 'another program reads the messages of this bot, or it has a webhook; give this daemon a bot of its own',
  };
  const why = hints[status];
  return new SourceError('notify.refused', `Telegram answered ${status}${why ? `: ${why}` : ''}`, { details: { status } });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
