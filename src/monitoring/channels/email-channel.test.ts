import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Alert } from '../alert.ts';
import { emailChannel } from './email-channel.ts';
import { SmtpServer } from './smtp-server.fixture.ts';

const ALERT: Alert = {
  name: 'halted',
  key: 'halted',
  severity: 'critical',
  title: 'trading is halted',
  detail: 'Mend the cause.',
  atMs: 1_704_067_200_000,
  simulated: true,
};
let server: SmtpServer;
let url: string;
beforeEach(async () => {
  server = new SmtpServer();
  url = await server.start();
});
afterEach(() => server.close());
const send = (signal: AbortSignal = AbortSignal.timeout(5_000)) =>
  emailChannel(url, 'ets@example.org', 'me@example.org').send(ALERT, signal);

describe('emailChannel', () => {
  it('sends subject and text, and says SIMULATED', async () => {
    await send();
    expect(server.recipients).toEqual(['<me@example.org>']);
    expect(server.messages).toHaveLength(1);
    expect(server.messages[0]).toContain('Subject: [ets] SIMULATED critical: trading is halted');
    expect(server.messages[0]).toMatch(/SIMULATED CRITICAL: trading is halted\r\nMend the cause\./);
  });

  it('throws without the address where it is refused, or nobody listens', async () => {
    server.refuses = true;
    await expect(send()).rejects.toMatchObject({
      code: 'notify.unreachable',
      message: expect.not.stringContaining('example.org'),
    });
    await server.close();
    await expect(send()).rejects.toMatchObject({ code: 'notify.unreachable', message: expect.stringContaining('email') });
  });

  it.each(['greeting', 'DATA'] as const)('ends at once when it is stopped while the server hangs at %s', async (at) => {
    server.hangsAt = at;
    const stop = new AbortController();
    const isHanging = new Promise<void>((done) => {
      server.onHang = done;
    });
    const sending = send(stop.signal);
    await isHanging;
    stop.abort(new Error('the daemon stops'));
    await expect(sending).rejects.toThrow('the daemon stops');
    await expect.poll(() => server.openSockets).toBe(0);
    expect(server.messages).toEqual([]);
  });

  it('does not begin once it is stopped', async () => {
    await expect(send(AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
    expect(server.connections).toBe(0);
  });
});
