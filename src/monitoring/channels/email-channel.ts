import { SourceError } from '../../domain/index.ts';
import { alertText } from '../alert.ts';
import type { NotificationChannel } from './channel.ts';

const TIMEOUT_MS = 8_000;

/** E-mail by SMTP; `smtpUrl` as nodemailer takes it, `smtps://user:password@host`. */
export function emailChannel(smtpUrl: string, from: string, to: string): NotificationChannel {
  return {
    name: 'email',
    async send(alert) {
      const { createTransport } = await import('nodemailer');
      const transport = createTransport({
        url: smtpUrl,
        connectionTimeout: TIMEOUT_MS,
        greetingTimeout: TIMEOUT_MS,
        socketTimeout: TIMEOUT_MS,
      });
      try {
        const subject = `[ets] ${alert.simulated ? 'SIMULATED ' : ''}${alert.severity}: ${alert.title}`;
        await transport.sendMail({ from, to, subject, text: alertText(alert) });
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? ` (${error.code})` : '';
        throw new SourceError('notify.unreachable', `email was not taken${code}`);
      } finally {
        transport.close();
      }
    },
  };
}
