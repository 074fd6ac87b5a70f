import { type Alert, alertText } from '../alert.ts';
import type { NotificationChannel } from './channel.ts';
import { type Fetch, post, postJson } from './post.ts';
import { TELEGRAM_MAX_CHARS, telegramMethod } from './telegram-api.ts';

/** Longest text that the service takes. */
const DISCORD_MAX = 2000;

/** Telegram Bot API, `sendMessage`. */
export const telegramChannel = (fetch: Fetch, token: string, chatId: string, base?: string): NotificationChannel => ({
  name: 'telegram',
  send: (alert, signal) =>
    postJson(
      fetch,
      'telegram',
      telegramMethod(token, 'sendMessage', base),
      { chat_id: chatId, text: alertText(alert).slice(0, TELEGRAM_MAX_CHARS), disable_notification: alert.severity === 'info' },
      signal,
    ),
});

/** A Discord webhook. Mentions in the text notify nobody. */
export const discordChannel = (fetch: Fetch, url: string): NotificationChannel => ({
  name: 'discord',
  send: (alert, signal) =>
    postJson(fetch, 'discord', url, { content: alertText(alert).slice(0, DISCORD_MAX), allowed_mentions: { parse: [] } }, signal),
});

/** A Slack incoming webhook. */
export const slackChannel = (fetch: Fetch, url: string): NotificationChannel => ({
  name: 'slack',
  send: (alert, signal) => postJson(fetch, 'slack', url, { text: slackEscaped(alertText(alert)) }, signal),
});

const slackEscaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const NTFY_PRIORITY: Readonly<Record<Alert['severity'], string>> = { info: '2', warning: '4', critical: '5' };

/** An ntfy topic; `url` holds the topic. */
export const ntfyChannel = (fetch: Fetch, url: string, token?: string): NotificationChannel => ({
  name: 'ntfy',
  send: (alert, signal) =>
    post(
      fetch,
      'ntfy',
      url,
      {
        headers: {
          title: (alert.simulated ? `SIMULATED ${alert.name}` : alert.name).replace(/[^\x20-\x7e]/g, '?'),
          priority: NTFY_PRIORITY[alert.severity],
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
        },
        body: alertText(alert),
      },
      signal,
    ),
});
