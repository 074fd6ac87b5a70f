import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HOUR_MS, ManualClock, systemTimer } from '../domain/index.ts';
import type { Alert, Severity } from './alert.ts';
import type { NotificationChannel } from './channels/channel.ts';
import { type NotificationPolicy, NotificationSystem } from './notification-system.ts';
import { Outbox } from './outbox.ts';

const NOON = Date.UTC(2024, 0, 1, 12);
const POLICY: NotificationPolicy = {
  least: { telegram: 'warning', discord: 'none', slack: 'info', email: 'critical', webhook: 'info', ntfy: 'none' },
  quietFromHourUtc: 22,
  quietToHourUtc: 7,
  repeatAfterHours: 6,
  perHour: 3,
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ets-notify-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

class FakeChannel implements NotificationChannel {
  readonly name: NotificationChannel['name'];
  readonly got: Alert[] = [];
  isDown = false;
  constructor(name: NotificationChannel['name']) {
    this.name = name;
  }
  async send(alert: Alert): Promise<void> {
    if (this.isDown) throw new Error('down');
    this.got.push(alert);
  }
}

async function system(channels: readonly NotificationChannel[], clock: ManualClock, policy = POLICY) {
  const outbox = await Outbox.open(join(folder, 'outbox.json'));
  return new NotificationSystem({ channels, outbox, policy, clock, timer: systemTimer });
}
const alert = (severity: Severity, key: string) => ({ name: 'x', key, severity, title: key, detail: '', simulated: true });
const titles = (channel: FakeChannel) => channel.got.map(({ title }) => title);

describe('NotificationSystem', () => {
  it('routes by severity and announces the same alert once within the repeat time', async () => {
    const [telegram, slack, email, discord] = (['telegram', 'slack', 'email', 'discord'] as const).map(
      (name) => new FakeChannel(name),
    );
    const clock = new ManualClock(NOON);
    const notifications = await system([telegram!, slack!, email!, discord!], clock);
    for (const severity of ['info', 'warning', 'critical'] as const) await notifications.raise(alert(severity, severity));
    expect(await notifications.raise(alert('critical', 'critical'))).toBe(false);
    await notifications.deliver();
    expect([telegram, slack, email, discord].map((one) => titles(one!))).toEqual([
      ['warning', 'critical'],
      ['info', 'warning', 'critical'],
      ['critical'],
      [],
    ]);
    clock.moveTo(NOON + 6 * HOUR_MS);
    expect(await notifications.raise(alert('critical', 'critical'))).toBe(true);
  });

  it('tells again what was over, and with a key what stands below it', async () => {
    const slack = new FakeChannel('slack');
    const clock = new ManualClock(NOON);
    const first = await system([slack], clock);
    for (const key of ['down', 'down:a', 'downtown']) await first.raise(alert('warning', key));
    await first.over('down');
    const second = await system([slack], clock);
    for (const [key, isNew] of [
      ['down', true],
      ['down:a', true],
      ['downtown', false],
      ['down', false],
    ] as const)
      expect(await second.raise(alert('warning', key))).toBe(isNew);
  });

  it('begins anew to count how long a warning lasts once it was over', async () => {
    const slack = new FakeChannel('slack');
    const clock = new ManualClock(NOON);
    const notifications = await system([slack], clock, { ...POLICY, perHour: 10, escalateAfterHours: 24 });
    for (let hour = 0; hour <= 24; hour += 6) {
      clock.moveTo(NOON + hour * HOUR_MS);
      if (hour === 18) await notifications.over('a');
      await notifications.raise(alert('warning', 'a'));
    }
    await notifications.deliver();
    expect(slack.got.map(({ severity }) => severity)).toEqual(Array(5).fill('warning'));
  });

  it('lets what is under way be taken when it ends, and begins nothing more', async () => {
    let take = () => {};
    const taken = new Promise<void>((resolve) => {
      take = resolve;
    });
    const got: string[] = [];
    const slack: NotificationChannel = {
      name: 'slack',
      send: async ({ title }) => {
        got.push(title);
        await taken;
      },
    };
    const first = await system([slack], new ManualClock(NOON));
    for (const key of ['a', 'b']) await first.raise(alert('warning', key));
    const delivering = first.deliver();
    const closing = first.close();
    take();
    await Promise.all([delivering, closing]);
    expect(got).toEqual(['a']);
    const second = await system([slack], new ManualClock(NOON));
    await second.deliver();
    expect(got).toEqual(['a', 'b']);
  });

  it('keeps what a channel does not take, over a restart, and tries again later', async () => {
    const slack = new FakeChannel('slack');
    slack.isDown = true;
    const clock = new ManualClock(NOON);
    const first = await system([slack], clock);
    await first.raise(alert('warning', 'a'));
    await first.raise(alert('warning', 'b'));
    await first.deliver();
    const second = await system([slack], clock);
    expect(second.queueDepth).toBe(2);
    slack.isDown = false;
    await second.deliver();
    expect(titles(slack)).toEqual(['b']);
    clock.moveTo(NOON + 30_000);
    await second.deliver();
    expect(titles(slack)).toEqual(['b', 'a']);
    expect(second.queueDepth).toBe(0);
  });

  it('is not silenced by what was announced and put off while the clock was far ahead', async () => {
    const slack = new FakeChannel('slack');
    const ahead = new ManualClock(NOON + 365 * 24 * HOUR_MS);
    const wrong = await system([slack], ahead);
    slack.isDown = true;
    await wrong.raise(alert('warning', 'a'));
    await wrong.deliver();
    slack.isDown = false;
    const right = await system([slack], new ManualClock(NOON));
    await right.deliver();
    expect(titles(slack)).toEqual(['a']);
    expect(await right.raise(alert('warning', 'a'))).toBe(true);
    expect(await right.raise(alert('warning', 'a'))).toBe(false);
  });

  it('takes a clock that steps back a little for the same hour', async () => {
    const slack = new FakeChannel('slack');
    const first = await system([slack], new ManualClock(NOON));
    for (const key of ['a', 'b']) await first.raise(alert('info', key));
    const second = await system([slack], new ManualClock(NOON - 90_000));
    expect(await second.raise(alert('info', 'a'))).toBe(false);
    await second.deliver();
    expect(titles(slack)).toEqual([]);
    const third = await system([slack], new ManualClock(NOON));
    await third.deliver();
    expect(titles(slack)).toEqual(['a', 'b']);
  });

  it('waits in quiet hours and above the hourly number, but never with what is critical', async () => {
    const slack = new FakeChannel('slack');
    const clock = new ManualClock(NOON + 11 * HOUR_MS);
    const notifications = await system([slack], clock);
    await notifications.raise(alert('warning', 'quiet'));
    await notifications.raise(alert('critical', 'loud'));
    await notifications.deliver();
    expect(titles(slack)).toEqual(['loud']);
    clock.moveTo(NOON + 19 * HOUR_MS);
    for (let i = 0; i < 4; i++) await notifications.raise(alert('info', `${i}`));
    await notifications.deliver();
    expect(titles(slack)).toEqual(['loud', 'quiet', '0', '1']);
    clock.moveTo(NOON + 20 * HOUR_MS);
    await notifications.deliver();
    expect(titles(slack)).toEqual(['loud', 'quiet', '0', '1', '2', '3']);
  });

  it('makes a warning that goes on for long critical, and begins anew after a break', async () => {
    const clock = new ManualClock(NOON);
    const email = new FakeChannel('email');
    const outbox = await Outbox.open(join(folder, 'outbox.json'));
    const policy = { ...POLICY, escalateAfterHours: 12 };
    const notifications = new NotificationSystem({ channels: [email], outbox, policy, clock, timer: systemTimer });
    const hear = async (hours: number) => {
      for (let hour = 0; hour < hours; hour++) {
        await notifications.raise(alert('warning', 'data are old'));
        await notifications.deliver();
        clock.moveTo(clock.nowMs() + HOUR_MS);
      }
    };
    await hear(12);
    expect(titles(email)).toEqual([]);
    await hear(7);
    expect(titles(email)).toEqual(['data are old (for 12 hours)', 'data are old (for 18 hours)']);
    expect(email.got[0]!.severity).toBe('critical');
    clock.moveTo(clock.nowMs() + 13 * HOUR_MS);
    await hear(12);
    expect(titles(email)).toHaveLength(2);
  });
});

describe('an outage that lasts', () => {
  const MAX_WAITING = 500;

  it('costs each channel its own oldest messages, which is counted and told when it is over', async () => {
    const [slack, telegram] = [new FakeChannel('slack'), new FakeChannel('telegram')];
    slack.isDown = true;
    const lost: string[] = [];
    const clock = new ManualClock(NOON);
    const outbox = await Outbox.open(join(folder, 'outbox.json'));
    const policy = { ...POLICY, perHour: 10_000 };
    const onLost = (channel: string) => void lost.push(channel);
    const notifications = new NotificationSystem({
      channels: [slack, telegram],
      outbox,
      policy,
      clock,
      timer: systemTimer,
      onLost,
    });
    await notifications.raise(alert('critical', 'the first'));
    for (let i = 0; i < MAX_WAITING + 2; i++) await notifications.raise(alert('warning', `${i}`));
    await notifications.deliver();
    expect(telegram.got.filter(({ name }) => name === 'x')).toHaveLength(MAX_WAITING);
    expect(lost.filter((channel) => channel === 'slack')).toHaveLength(3);
    expect((await Outbox.open(join(folder, 'outbox.json'))).lost('slack')).toBe(3);
    slack.isDown = false;
    clock.moveTo(NOON + HOUR_MS);
    await notifications.deliver();
    expect(titles(slack)[0]).toBe('the first');
    expect(titles(slack)).not.toContain('0');
    expect(slack.got.at(-1)).toMatchObject({ name: 'messages_lost', title: expect.stringContaining('3 older messages') });
    await notifications.deliver();
    expect(slack.got.filter(({ name }) => name === 'messages_lost')).toHaveLength(1);
  });

  it('ends for a channel that was removed: its messages are given up, the others wait on', async () => {
    const [slack, email] = [new FakeChannel('slack'), new FakeChannel('email')];
    slack.isDown = true;
    email.isDown = true;
    const clock = new ManualClock(NOON);
    const before = await system([slack, email], clock);
    await before.raise(alert('critical', 'a'));
    await before.deliver();
    const after = await system([slack], clock);
    expect(after.queueDepth).toBe(2);
    expect(await after.forgetRemoved()).toBe(1);
    expect([after.queueDepth, await after.forgetRemoved()]).toEqual([1, 0]);
  });
});
