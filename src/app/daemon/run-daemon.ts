import { join } from 'node:path';
import { unknownVariables } from '../../config/index.ts';
import { AppError, systemClock } from '../../domain/index.ts';
import { ModelRegistry } from '../../model/index.ts';
import { type Logger, Metrics, openTracing, type Tracing } from '../../monitoring/index.ts';
import { EventLog } from '../../server/index.ts';
import { type AppParts, PATHS } from '../app-parts.ts';
import { ownVersion } from '../build-info.ts';
import { whyCapitalIgnored } from '../changed-capital.ts';
import { livePrices } from '../live-prices.ts';
import { openNotifications } from '../notify.ts';
import { openPredictionHistory } from '../prediction-history.ts';
import { RegistryModelStore } from '../registry-model-store.ts';
import { SandboxClock } from '../sandbox-clock.ts';
import { secretRedactor } from '../secrets.ts';
import { modeOf, openTradingSession } from '../trading-session.ts';
import { writeLayout } from '../upgrade/upgrade-data.ts';
import { AuditLog } from './audit-log.ts';
import { openClockWatch } from './clock-watch.ts';
import { Daemon } from './daemon.ts';
import { DaemonAlerts } from './daemon-alerts.ts';
import { loggedParts, openDaemonLog } from './daemon-log.ts';
import { HealthMonitor } from './health-monitor.ts';
import { JobHistory } from './job-history.ts';
import { openStreams, streamedQuote } from './open-streams.ts';
import { openTelegram } from './open-telegram.ts';
import { userStreamCheck } from './open-user-stream.ts';
import { removeAbandoned } from './remove-abandoned.ts';
import { acquireRunLock } from './run-lock.ts';
import { serve } from './serve.ts';

export interface DaemonOptions {
  /** Ends when so many daily decisions are made in this data directory and every order's outcome is known. */
  readonly days?: number | undefined;
  /** Told once, when everything is recovered and the schedule begins. */
  readonly onReady: (url: string | null) => void;
}

/**
 * The daemon: one for a data directory. It recovers the journal, compares with the exchange, then runs the daily decision
 * and the weekly training when they are due and watches an open position between. Killed at any moment, the next one
 * goes on where it was.
 * @throws ConfigError `run.already_running`, `server.*`
 */
export async function runDaemon(given: AppParts, options: DaemonOptions): Promise<{ readonly decisions: number }> {
  const redact = await secretRedactor(given);
  const log = openDaemonLog(given, redact);
  const parts = loggedParts(given, log, redact);
  for (const { path, message } of unknownVariables(parts.env)) log.warn(`${path}: ${message}`);
  const [events, metrics] = [new EventLog(systemClock.nowMs() * EVENTS_PER_MS), new Metrics()];
  const openAlerts = async (): Promise<DaemonAlerts> => {
    const notifications = await openNotifications(parts, {
      onAttempt: (channel, isSent) => metrics.count('ets_notifications_total', { channel, outcome: isSent ? 'sent' : 'failed' }),
      onUnsaved: (error) => log.error(`the outbox of messages cannot be written: ${String(error)}`),
      onLost: (channel) => {
        metrics.count('ets_messages_lost_total', { channel });
        log.error({ channel }, 'too many messages wait on this channel: the oldest was given up');
      },
    });
    const forgotten = await notifications.forgetRemoved();
    if (forgotten > 0) log.warn(`${forgotten} messages waited for channels that are not configured any more, and are given up`);
    return new DaemonAlerts({ parts, log, metrics, events, notifications });
  };
  const release = await acquireRunLock(parts).catch(async (error: unknown) => {
    // Whoever started a second daemon sees that it was refused; nobody else needs to be told.
    if (!(error instanceof AppError && error.code === 'run.already_running')) await tellLast(await openAlerts(), error);
    throw error;
  });
  try {
    await removeAbandoned(parts, log);
    const alerts = await openAlerts();
    const tracing = await openTracing(parts.env, systemClock, await ownVersion());
    try {
      return await serveAndRun(parts, { log, events, metrics, alerts, tracing }, options);
    } catch (error) {
      if (!parts.signal?.aborted) await alerts.lastWords(error);
      throw error;
    } finally {
      await Promise.all([alerts.close(), tracing?.close()]);
    }
  } finally {
    await release();
  }
}

/** More than happen in a millisecond, so that ids of a later run are higher. */
const EVENTS_PER_MS = 1_000;

async function tellLast(alerts: DaemonAlerts, error: unknown): Promise<void> {
  await alerts.lastWords(error);
  await alerts.close();
}

interface Voices {
  readonly log: Logger;
  readonly events: EventLog;
  readonly metrics: Metrics;
  readonly alerts: DaemonAlerts;
  readonly tracing: Tracing | undefined;
}

async function serveAndRun(parts: AppParts, voices: Voices, options: DaemonOptions) {
  const { log, events, metrics, alerts } = voices;
  let running: Daemon | undefined;
  const audit = new AuditLog(parts, alerts);
  const server = await serve(parts, { events, alerts, metrics, audit, running: () => running });
  try {
    const daemon = await openDaemon(parts, voices);
    const telegram = await openTelegram(parts, { daemon, events, alerts, audit });
    try {
      await daemon.start();
      await daemon.skipMissed();
      daemon.startStreams();
      telegram?.start();
      running = daemon;
      await writeLayout(parts.dataDir, await ownVersion());
      events.add('ready', parts.clock.nowMs(), {});
      log.info({ url: server?.url ?? null, simulated: parts.isSimulated, mode: modeOf(parts) }, 'ready');
      options.onReady(server?.url ?? null);
      return await daemon.run(options.days);
    } finally {
      running = undefined;
      await telegram?.close();
      await daemon.close();
      await daemon.streams?.close();
      await daemon.userStream?.close();
      daemon.ownData.close();
      await daemon.session.close();
    }
  } finally {
    await server?.close();
    await audit.close();
  }
}

async function openDaemon(parts: AppParts, { events, alerts, metrics, tracing }: Omit<Voices, 'log'>): Promise<Daemon> {
  const { clock, dataDir } = parts;
  const registry = new ModelRegistry(join(dataDir, PATHS.models), clock);
  const models = await openModels(registry, alerts);
  const predictions = await openPredictionHistory(dataDir);
  const history = await JobHistory.open(join(dataDir, PATHS.schedule), clock.nowMs());
  const streams = await openStreams(parts, (event) => {
    if (event.kind === 'reorg') events.add('reorg', event.atMs, { fromNumber: event.fromNumber, depth: event.depth });
  });
  const prices = await livePrices(parts);
  const session = await openTradingSession(parts, {
    mode: modeOf(parts),
    model: () => models.current(),
    served: () => predictions.served.predictions,
    quote: streamedQuote(streams?.price, parts, prices.quote),
    secondQuote: prices.quote,
    cost: prices.cost,
  });
  if (session.repairedBytes > 0) {
    alerts.raise({
      name: 'journal_repaired',
      severity: 'warning',
      title: `${session.repairedBytes} bytes of an interrupted write stood at the end of the order journal`,
      detail: 'They are set aside in a .torn file; nothing was sent for them. The journal is compared with the exchange now.',
    });
  }
  const capital = whyCapitalIgnored(session.cycle.engine.ledger, parts.config.capitalUsd);
  if (capital !== undefined) {
    const detail = 'Nothing was changed. Money that was given or taken is journaled by `ets transfer`; else set capitalUsd back.';
    alerts.raise({ name: 'capital_changed', severity: 'warning', title: capital, detail });
  }
  const health = new HealthMonitor({
    parts,
    registry,
    predictions: predictions.served,
    model: () => models.current(),
    ownChecks: () => {
      const status = daemon.userStream?.status;
      const speed = clock instanceof SandboxClock ? clock.speed : 1;
      return [daemon.watchCheck, ...(status === undefined ? [] : [userStreamCheck(status, clock.nowMs(), speed)])];
    },
  });
  const clockWatch = await openClockWatch(parts, alerts);
  const daemon: Daemon = new Daemon({
    parts,
    session,
    models,
    registry,
    predictions,
    history,
    events,
    streams,
    alerts,
    health,
    metrics,
    tracing,
    clockWatch,
  });
  return daemon;
}

/** A position that is held must be watched whatever became of the models. */
const openModels = (registry: ModelRegistry, alerts: DaemonAlerts): Promise<RegistryModelStore> =>
  RegistryModelStore.openOrWithout(registry, (title, whose) =>
    alerts.raise({ name: 'model_damaged', key: `model_damaged:${whose}`, title, ...UNUSABLE[whose] }),
  );

/** What somebody is told of a model that cannot be used. */
const UNUSABLE = {
  current: { severity: 'critical', detail: 'Train a new one with `ets train`, or restore a backup from before.' },
  challenger: {
    severity: 'warning',
    detail: 'The current model decides; the next candidate that passes the gate takes its place.',
  },
} as const;
