import { createHmac } from 'node:crypto';
import { type Clock, systemClock } from '../../domain/index.ts';
import type { Alert } from '../alert.ts';
import type { NotificationChannel } from './channel.ts';
import { type Fetch, post } from './post.ts';

/**
 * A webhook of one's own: the alert as JSON. With a secret, `x-ets-signature` is `sha256=` and the HMAC-SHA256, in hex, of
 * `<x-ets-timestamp>.<body>`; the timestamp is the time of sending by this machine's clock, so that a receiver can
 * refuse what was recorded and sent again; when it happened is `atMs` of the body.
 */
export const webhookChannel = (fetch: Fetch, url: string, secret?: string, clock: Clock = systemClock): NotificationChannel => ({
  name: 'webhook',
  send(alert: Alert, signal) {
    const body = JSON.stringify(alert);
    const timestamp = String(clock.nowMs());
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
