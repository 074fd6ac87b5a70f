import type { Alert } from '../alert.ts';

/** A way to reach people. `send` throws where the message was not taken; the outbox then tries again. */
export interface NotificationChannel {
  readonly name: ChannelName;
  send(alert: Alert, signal: AbortSignal): Promise<void>;
}

export const CHANNEL_NAMES = ['telegram', 'discord', 'slack', 'email', 'webhook', 'ntfy'] as const;
export type ChannelName = (typeof CHANNEL_NAMES)[number];
