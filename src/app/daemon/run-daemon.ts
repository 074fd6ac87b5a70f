import { join } from 'node:path';
import { ModelRegistry } from '../../model/index.ts';
import { Metrics } from '../../monitoring/index.ts';
import { EventLog } from '../../server/index.ts';
import { type AppParts, PATHS } from '../app-parts.ts';
import { livePrices } from '../live-prices.ts';
import { openNotifications } from '../notify.ts';
import { openPredictionHistory } from '../prediction-history.ts';
import { RegistryModelStore } from '../registry-model-store.ts';
import { modeOf, openTradingSession } from '../trading-session.ts';
import { Daemon } from './daemon.ts';
import { DaemonAlerts } from './daemon-alerts.ts';
import { loggedParts, openDaemonLog } from './daemon-log.ts';
import { HealthMonitor } from './health-monitor.ts';
import { JobHistory } from './job-history.ts';
import { openStreams, streamedQuote } from './open-streams.ts';
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
  const log = openDaemonLog(given);
  const parts = loggedParts(given, log);
  const release = await acquireRunLock(parts);
  const events = new EventLog();
  let running: Daemon | undefined;
  try {
    const metrics = new Metrics();
    const notifications = await openNotifications(parts, (channel, isSent) =>
      metrics.count('ets_notifications_total', { channel, outcome: isSent ? 'sent' : 'failed' }),
    );
    const alerts = new DaemonAlerts({ parts, log, metrics, events, notifications });
    const server = await serve(parts, { events, alerts, metrics, running: () => running });
    const daemon = await openDaemon(parts, events, alerts, metrics).catch(async (error: unknown) => {
      await server?.close();
      await alerts.close();
      throw error;
    });
    try {
      await daemon.start();
      daemon.startStreams();
      running = daemon;
      events.add('ready', parts.clock.nowMs(), {});
      log.info({ url: server?.url ?? null, simulated: parts.isSimulated, mode: modeOf(parts) }, 'ready');
      options.onReady(server?.url ?? null);
      return await daemon.run(options.days);
    } finally {
      running = undefined;
      await server?.close();
      await daemon.close();
      await daemon.streams?.close();
      daemon.ownData.close();
      await daemon.alerts.close();
      await daemon.session.close();
    }
  } finally {
    await release();
  }
}

async function openDaemon(parts: AppParts, events: EventLog, alerts: DaemonAlerts, metrics: Metrics): Promise<Daemon> {
  const { clock, config, dataDir, onProgress } = parts;
  const registry = new ModelRegistry(join(dataDir, PATHS.models), clock);
  const models = await RegistryModelStore.open(registry, config.model.trainDays, onProgress);
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
    cost: prices.cost,
  });
  const health = new HealthMonitor({ parts, registry, predictions: predictions.served, model: () => models.current() });
  return new Daemon({ parts, session, models, registry, predictions, history, events, streams, alerts, health, metrics });
}
