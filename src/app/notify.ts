import { join } from 'node:path';
import type { TimeMs } from '../domain/index.ts';
import { type Alert, createChannels, type NotificationParts, NotificationSystem, Outbox } from '../monitoring/index.ts';
import { type AppParts, PATHS } from './app-parts.ts';

/** The notification system of a data directory, with every channel whose secrets are in the environment. */
export async function openNotifications(
  parts: AppParts,
  told: Pick<NotificationParts, 'onAttempt' | 'onUnsaved' | 'onLost'> = {},
): Promise<NotificationSystem> {
  const { dataDir, env, clock, timer, config, onProgress } = parts;
  const { drawdownAlert: _, escalateAfterHours, ...rest } = config.notifications;
  const { quietFromHourUtc, quietToHourUtc, repeatAfterHours, perHour, ...least } = rest;
  const outbox = await Outbox.open(join(dataDir, PATHS.outbox));
  if (outbox.damagedFile) onProgress(`the outbox of alerts could not be read; it lies in ${outbox.damagedFile}`);
  return new NotificationSystem({
    channels: createChannels(env, fetch),
    outbox,
    policy: {
      least,
      quietFromHourUtc,
      quietToHourUtc,
      repeatAfterHours,
      escalateAfterHours: escalateAfterHours ?? undefined,
      perHour,
    },
    clock,
    timer,
    ...told,
  });
}

const testAlert = (atMs: TimeMs, simulated: boolean): Alert => ({
  name: 'test',
  key: 'test',
  severity: 'info',
  title: 'A test of the notifications',
  detail: 'Nothing happened.',
  atMs,
  simulated,
});

/** Sends a test to every configured channel. */
export async function notifyTest(parts: AppParts) {
  const notifications = await openNotifications(parts);
  return { channels: await notifications.test(testAlert(parts.clock.nowMs(), parts.isSimulated)) };
}
