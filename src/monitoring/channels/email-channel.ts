import { connect } from 'node:net';
import { SourceError } from '../../domain/index.ts';
import { alertText } from '../alert.ts';
import type { NotificationChannel } from './channel.ts';

const TIMEOUT_MS = 8_000;
const [SUBMISSION_PORT, TLS_PORT] = [587, 465];

/** E-mail by SMTP; `smtpUrl` as nodemailer takes it, `smtps://user:password@host`. */
export function emailChannel(smtpUrl: string, from: string, to: string): NotificationChannel {
  return {
    name: 'email',
    async send(alert, signal) {
      signal.throwIfAborted();
      const { createTransport } = await import('nodemailer');
      const transport = createTransport({
        url: smtpUrl,
        connectionTimeout: TIMEOUT_MS,
        greetingTimeout: TIMEOUT_MS,
        socketTimeout: TIMEOUT_MS,
        // Its own socket cannot be closed from outside: a server that hangs would hold up the end of the daemon.
        getSocket({ host, port, secure }, opened) {
          const socket = connect({
            host: host ?? 'localhost',
            port: Number(port ?? (secure ? TLS_PORT : SUBMISSION_PORT)),
            signal,
          });
          const failed = (error: Error) => opened(error, {});
          socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error('no answer')));
          socket.once('error', failed).once('connect', () => {
            socket.setTimeout(0).off('error', failed);
            opened(null, { connection: socket });
          });
        },
      });
      try {
        const subject = `[ets] ${alert.simulated ? 'SIMULATED ' : ''}${alert.severity}: ${alert.title}`;
        await transport.sendMail({ from, to, subject, text: alertText(alert) });
      } catch (error) {
        signal.throwIfAborted();
        const code = error instanceof Error && 'code' in error ? ` (${error.code})` : '';
        throw new SourceError('notify.unreachable', `email was not taken${code}`);
      } finally {
        transport.close();
      }
    },
  };
}
