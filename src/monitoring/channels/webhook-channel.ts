import { createHmac } from 'node:crypto';
import type { Alert } from '../alert.ts';
import type { NotificationChannel } from './channel.ts';
import { type Fetch, post } from './post.ts';

/**
 * A webhook of one's own: the alert as JSON. With a secret, `x-ets-signature` is `sha256=` and the HMAC-SHA256, in hex, of
 * `<x-ets-timestamp>.<body>`; the timestamp is the alert's time, so a receiver can refuse old ones.
 */
export const webhookChannel = (fetch: Fetch, url: string, secret?: string): NotificationChannel => ({
  name: 'webhook',
  send(alert: Alert, signal) {
    const body = JSON.stringify(alert);
    const timestamp = String(alert.atMs);
    const signature = secret && createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
    return post(
      fetch,
      'webhook',
      url,
      {
        headers: {
          'content-type': 'application/json',
          'x-ets-timestamp': timestamp,
          ...(signature && { 'x-ets-signature': `sha256=${signature}` }),
        },
        body,
      },
      signal,
    );
  },
});
