import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { ConfigError, systemClock } from '../../domain/index.ts';
import { type ChatActions, ChatCommands, TelegramBot, UpdateOffset } from '../../monitoring/index.ts';
import type { EventLog } from '../../server/index.ts';
import { type AppParts, PATHS } from '../app-parts.ts';
import { monitorView } from '../monitor-view.ts';
import { performanceReport } from '../performance-report.ts';
import type { AuditLog } from './audit-log.ts';
import type { DaemonAlerts } from './daemon-alerts.ts';
import type { RunningDaemon } from './running-daemon.ts';
import { tradingSwitches } from './trading-switches.ts';

const STATUS_OF = { done: 200, failed: 500, refused: 403 } as const;

export interface TelegramParts {
  readonly daemon: RunningDaemon;
  readonly events: EventLog;
  readonly alerts: DaemonAlerts;
  readonly audit: AuditLog;
}

/**
 * Takes commands from the users named in `ETS_TELEGRAM_ALLOWED_USERS`; nothing where there are none or no bot.
 * @throws ConfigError `notify.users_invalid`
 */
export async function openTelegram(
  parts: AppParts,
  { daemon, events, alerts, audit }: TelegramParts,
): Promise<TelegramBot | undefined> {
  const { env, dataDir, timer } = parts;
  const { ETS_TELEGRAM_BOT_TOKEN: token, ETS_TELEGRAM_ALLOWED_USERS: users } = env;
  if (!token || !users) return undefined;
  const commands = new ChatCommands({
    actions: chatActions(parts, daemon, events),
    allowedUsers: parseUsers(users),
    timer,
    newCode: () => `${randomInt(100_000, 1_000_000)}`,
    audit: (what, userId, outcome) =>
      audit.write({ what: `telegram /${what}`, from: `telegram:${userId}`, status: STATUS_OF[outcome] }),
  });
  return new TelegramBot({
    token,
    base: env.ETS_TELEGRAM_API_URL || undefined,
    read: fetch,
    write: fetch,
    commands,
    offset: await UpdateOffset.open(join(dataDir, PATHS.telegramOffset)),
    clock: systemClock,
    timer,
    onFailure: (why) => {
      const title = `commands by Telegram cannot be read: ${why}`;
      alerts.raise({ name: 'telegram_commands', key: `telegram_commands:${why}`, severity: 'warning', title });
    },
  });
}

function chatActions(parts: AppParts, daemon: RunningDaemon, events: EventLog): ChatActions {
  const switches = tradingSwitches(parts, events, () => daemon);
  return {
    status: async () => (await monitorView(parts, daemon.registry)).text,
    performance: async () => (await performanceReport(parts, { html: false, isCompared: false })).text,
    halt: async (by) => {
      await switches.halt(by, 'by Telegram');
      return 'Trading is halted. /resume allows it again.';
    },
    resume: async (by) => {
      const { before } = await switches.resume(by);
      return before ? `Trading goes on. It was halted by ${before.by}: ${before.why}.` : 'Trading was not halted.';
    },
    flatten: async (by) => {
      const { orders, position, stillHeldBecause } = await switches.flatten(by);
      const why = stillHeldBecause === null ? '' : ` (${stillHeldBecause}; it is tried again)`;
      return `Trading is halted, ${orders.length} orders were settled, ${position.eth} ETH are held${why}. /resume allows trading again.`;
    },
  };
}

function parseUsers(text: string): ReadonlySet<number> {
  const users = text.split(',').map((one) => one.trim());
  const wrong = users.find((one) => !/^\d{1,15}$/.test(one));
  if (wrong !== undefined) {
    throw new ConfigError('notify.users_invalid', `ETS_TELEGRAM_ALLOWED_USERS has "${wrong}", which is no number of a user`, {
      hint: 'Names can be taken over; the number is told by a bot like @userinfobot. Several are parted by commas.',
    });
  }
  return new Set(users.map(Number));
}
