import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../domain/index.ts';
import type { Alert } from '../alert.ts';
import { createChannels } from './create-channels.ts';
import type { Fetch } from './post.ts';
import { webhookChannel } from './webhook-channel.ts';

const ALERT: Alert = {
  name: 'halted',
  key: 'halted',
  severity: 'critical',
  title: 'Trading was halted <now>',
  detail: '',
  atMs: 1_704_067_200_000,
  simulated: true,
};
const ENV = {
  ETS_TELEGRAM_BOT_TOKEN: 'bot-token',
  ETS_TELEGRAM_CHAT_ID: '42',
  ETS_DISCORD_WEBHOOK_URL: 'http://127.0.0.1/discord-secret',
  ETS_SLACK_WEBHOOK_URL: 'http://127.0.0.1/slack-secret',
  ETS_WEBHOOK_URL: 'http://127.0.0.1/hook',
  ETS_WEBHOOK_SECRET: 'shared-secret',
  ETS_NTFY_URL: 'http://127.0.0.1/topic',
};

function recorder(status = 200) {
  const requests: { url: string; headers: Record<string, string>; body: string }[] = [];
  const fetch: Fetch = async (url, { headers, body }) => {
    requests.push({ url, headers, body });
    return { ok: status < 300, status };
  };
  return { requests, fetch };
}

describe('createChannels', () => {
  it('makes a channel of each secret that is there', () => {
    const { fetch } = recorder();
    expect(createChannels({}, fetch)).toEqual([]);
    expect(createChannels(ENV, fetch).map(({ name }) => name)).toEqual(['telegram', 'discord', 'slack', 'webhook', 'ntfy']);
    expect(createChannels({ ETS_TELEGRAM_BOT_TOKEN: 'x' }, fetch)).toEqual([]);
  });

  it('says SIMULATED on every channel', async () => {
    const { requests, fetch } = recorder();
    for (const channel of createChannels(ENV, fetch)) await channel.send(ALERT, AbortSignal.timeout(1000));
    expect(requests).toHaveLength(5);
    for (const { body } of requests) expect(body).toMatch(/SIMULATED|"simulated":true/);
    expect(requests[2]!.body).toContain('&lt;now&gt;');
  });

  it('signs the webhook so that a receiver can check it', async () => {
    const { requests, fetch } = recorder();
    const hook = createChannels(ENV, fetch).find(({ name }) => name === 'webhook')!;
    await hook.send(ALERT, AbortSignal.timeout(1000));
    const { headers, body } = requests[0]!;
    const expected = createHmac('sha256', 'shared-secret').update(`${headers['x-ets-timestamp']}.${body}`).digest('hex');
    expect(headers['x-ets-signature']).toBe(`sha256=${expected}`);
  });

  it('stamps the webhook with the time of sending, not of the alert', async () => {
    const { requests, fetch } = recorder();
    const sentMs = ALERT.atMs + 9 * 3_600_000;
    await webhookChannel(fetch, 'http://127.0.0.1/hook', 's', new ManualClock(sentMs)).send(ALERT, AbortSignal.timeout(1000));
    expect(requests[0]!.headers['x-ets-timestamp']).toBe(`${sentMs}`);
    expect(JSON.parse(requests[0]!.body)).toMatchObject({ atMs: ALERT.atMs });
  });

  it('has no secret in an error', async () => {
    const { fetch } = recorder(500);
    for (const channel of createChannels(ENV, fetch)) {
      const error: Error = await channel.send(ALERT, AbortSignal.timeout(1000)).then(
        () => new Error('it was taken'),
        (reason: Error) => reason,
      );
      expect(error.message).toMatch(/answered 500/);
      expect(JSON.stringify([error.message, error])).not.toMatch(/secret|bot-token/);
    }
  });
});
