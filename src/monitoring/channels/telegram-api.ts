const PUBLIC_API = 'https://api.telegram.org';

/** Longest text of a message. */
export const TELEGRAM_MAX_CHARS = 4096;

/** Address of a method of the Bot API; `base` is a server of one's own. It holds the token: never show it. */
export const telegramMethod = (token: string, method: string, base = PUBLIC_API): string =>
  `${base.replace(/\/$/, '')}/bot${token}/${method}`;
