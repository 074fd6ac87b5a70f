import type { NotificationChannel } from './channel.ts';
import { discordChannel, ntfyChannel, slackChannel, telegramChannel } from './chat-channels.ts';
import { emailChannel } from './email-channel.ts';
import type { Fetch } from './post.ts';
import { webhookChannel } from './webhook-channel.ts';

/** Every channel whose secrets are in the environment. */
export function createChannels(env: Readonly<Record<string, string | undefined>>, fetch: Fetch): NotificationChannel[] {
  const channels: NotificationChannel[] = [];
  const { ETS_TELEGRAM_BOT_TOKEN: bot, ETS_TELEGRAM_CHAT_ID: chat, ETS_SMTP_URL: smtp, ETS_EMAIL_TO: to } = env;
  if (bot && chat) channels.push(telegramChannel(fetch, bot, chat, env.ETS_TELEGRAM_API_URL || undefined));
  if (env.ETS_DISCORD_WEBHOOK_URL) channels.push(discordChannel(fetch, env.ETS_DISCORD_WEBHOOK_URL));
  if (env.ETS_SLACK_WEBHOOK_URL) channels.push(slackChannel(fetch, env.ETS_SLACK_WEBHOOK_URL));
  if (smtp && to) channels.push(emailChannel(smtp, env.ETS_EMAIL_FROM || to, to));
  if (env.ETS_WEBHOOK_URL) channels.push(webhookChannel(fetch, env.ETS_WEBHOOK_URL, env.ETS_WEBHOOK_SECRET || undefined));
  if (env.ETS_NTFY_URL) channels.push(ntfyChannel(fetch, env.ETS_NTFY_URL, env.ETS_NTFY_TOKEN || undefined));
  return channels;
}
