import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock, systemTimer } from '../../domain/index.ts';
import { createLogger, Metrics, NotificationSystem, Outbox } from '../../monitoring/index.ts';
import { EventLog } from '../../server/index.ts';
import type { AppParts } from '../app-parts.ts';
import { DaemonAlerts } from './daemon-alerts.ts';

const POLICY = {
  least: { telegram: 'none', discord: 'none', slack: 'none', email: 'none', webhook: 'warning', ntfy: 'none' },
  repeatAfterHours: 6,
  perHour: 30,
} as const;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ets-alerts-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function alertsWith(send: (title: string, signal: AbortSignal) => Promise<void>, redact = (text: string) => text) {
  const clock = new ManualClock(Date.UTC(2024, 0, 1, 23));
  const lines: Record<string, unknown>[] = [];
  const log = createLogger({ level: 'info', redact: (text) => text, write: (line) => void lines.push(JSON.parse(line)) });
  const parts = { clock, isSimulated: true, env: {}, redact, onProgress: () => undefined } as unknown as AppParts;
  const outbox = await Outbox.open(join(folder, 'outbox.json'));
  const channel = { name: 'webhook' as const, send: ({ title }: { title: string }, signal: AbortSignal) => send(title, signal) };
  const events = new EventLog();
  const alerts = new DaemonAlerts({
    parts,
    log,
    metrics: new Metrics(),
    events,
    notifications: new NotificationSystem({ channels: [channel], outbox, policy: POLICY, clock, timer: systemTimer }),
  });
  return { alerts, events, lines };
}

describe('DaemonAlerts', () => {
  it('tells the log, the stream and the channels; what only informs is no alert of the stream', async () => {
    const sent: string[] = [];
    const { alerts, events, lines } = await alertsWith(async (title) => void sent.push(title));
    alerts.orders([
      { clientOrderId: 'a', state: 'FILLED', filledQuantity: '1', message: null },
      { clientOrderId: 'b', state: 'REJECTED', filledQuantity: '0', message: 'too small' },
    ]);
    await expect.poll(() => sent).toEqual(['order b: REJECTED, 0 ETH filled (too small)']);
    expect(lines.map(({ level, alert }) => `${level} ${alert}`)).toEqual(['info order', 'warn order_problem']);
    expect(events.latest.map(({ data }) => data)).toEqual([
      { name: 'order_problem', severity: 'warning', message: 'order b: REJECTED, 0 ETH filled (too small)' },
    ]);
    await alerts.close();
  });

  it('writes no secret to the outbox, in what keeps alerts apart neither, and forgets it all the same', async () => {
    const { alerts } = await alertsWith(
      async () => undefined,
      (text) => text.replaceAll('SECRET', '***'),
    );
    const stored = () => readFileSync(join(folder, 'outbox.json'), 'utf8');
    alerts.raise({ name: 'halted', key: 'halted:SECRET', severity: 'critical', title: 'SECRET', detail: 'SECRET' });
    await expect.poll(() => stored()).toContain('halted:***');
    expect(stored()).not.toContain('SECRET');
    alerts.over('halted:SECRET');
    await expect.poll(() => stored()).not.toContain('halted:***');
    await alerts.close();
  });

  it('tells what became of orders that the journal does not know', async () => {
    const { alerts, events } = await alertsWith(async () => undefined);
    const order = { kind: 'foreign_order', journal: 'none', venue: 'CANCELLED', explained: true };
    alerts.differences([
      { ...order, subject: 'web_1', venue: 'ACCEPTED', action: 'shown' },
      { ...order, subject: 'web_2', action: 'cancelled' },
    ]);
    expect(events.latest.map(({ data }) => data)).toEqual([
      {
        name: 'exchange_differs',
        severity: 'warning',
        message: 'foreign_order web_2, CANCELLED at the exchange: cancelled',
      },
    ]);
    await alerts.close();
  });

  it('tells each of two events of a name, the same one once, and one that was over again', async () => {
    const sent: string[] = [];
    const { alerts } = await alertsWith(async (title) => void sent.push(title));
    const halt = (subject: string) => [{ name: 'halt', status: 'degraded', detail: subject, remedy: null, subject } as const];
    const disk = (status: 'ok' | 'degraded') => [{ name: 'disk', status, detail: status, remedy: null } as const];
    for (const checks of [halt('a'), halt('a'), halt('b'), disk('degraded'), disk('degraded'), disk('ok'), disk('degraded')])
      alerts.checks(checks);
    const { length } = ['halt: a', 'halt: b', 'disk: degraded', 'disk: degraded'];
    await expect.poll(() => sent.length).toBe(length);
    await alerts.close();
    expect(sent).toEqual(['halt: a', 'halt: b', 'disk: degraded', 'disk: degraded']);
  });

  it('tells of an exchange that was away at a decision, though it may answer again', async () => {
    const { alerts, events } = await alertsWith(async () => undefined);
    const record = {
      decisionTimeMs: Date.UTC(2024, 0, 1, 23),
      decision: { label: 'BUY', action: 'HOLD' },
      conditions: { isExchangeUp: true },
    };
    alerts.cycleDone(record as never, '10000');
    expect(events.latest).toEqual([]);
    alerts.cycleDone({ ...record, conditions: { isExchangeUp: false } } as never, '10000');
    expect(events.latest.map(({ data }) => data)).toMatchObject([
      { name: 'exchange_down', severity: 'warning', message: expect.stringContaining('2024-01-01T23:00:00.000Z') },
    ]);
    await alerts.close();
  });

  it('tells of a deep fall of equity and of a model that should not be trusted, and not of less', async () => {
    const { alerts, events } = await alertsWith(async () => undefined);
    alerts.performance([], 0.15);
    alerts.performance([10_000, 12_000, 10_300], 0.15);
    alerts.quality({ level: 'watch', reasons: ['a little'], excessLoss: 7 });
    expect(events.latest).toEqual([]);
    alerts.performance([10_000, 12_000, 10_000], 0.15);
    alerts.quality({ level: 'act', reasons: ['much'], excessLoss: 13 });
    expect(events.latest.map(({ data }) => data)).toMatchObject([
      { name: 'performance_degraded', severity: 'warning', message: expect.stringContaining('16.7 %') },
      { name: 'model_drift', severity: 'warning', message: expect.stringContaining('much') },
    ]);
    await alerts.close();
  });

  it('ends at once while a channel hangs, and keeps the message for the next start', async () => {
    let isHanging = false;
    const { alerts } = await alertsWith(
      (_, signal) =>
        new Promise((_resolve, reject) => {
          isHanging = true;
          signal.addEventListener('abort', () => reject(new Error('stopped')));
        }),
    );
    alerts.raise({ name: 'halted', severity: 'critical', title: 'halted' });
    await expect.poll(() => isHanging).toBe(true);
    await alerts.close();
    const { waiting } = await Outbox.open(join(folder, 'outbox.json'));
    expect(waiting.map(({ alert, attempts }) => [alert.title, attempts])).toEqual([['halted', 0]]);
  });
});
