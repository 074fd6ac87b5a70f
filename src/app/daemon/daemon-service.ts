import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type TimeMs, toNumber } from '../../domain/index.ts';
import { ingestFile, type StreamProcessor } from '../../extraction/index.ts';
import type { ModelRegistry } from '../../model/index.ts';
import { type MetricsSnapshot, renderMetrics } from '../../monitoring/index.ts';
import type { Collection, EventLog, PushedRow, ServiceApi } from '../../server/index.ts';
import { writeFileAtomic } from '../../storage/index.ts';
import { HaltSwitch, tradeHistory } from '../../trading/index.ts';
import { type AppParts, PATHS } from '../app-parts.ts';
import { checkStatus } from '../check-status.ts';
import { haltTrading, resumeTrading, sellEverything } from '../halting.ts';
import { showJournal } from '../journal-command.ts';
import { listData } from '../list-data.ts';
import { reasonText } from '../predict.ts';
import type { TradingSession } from '../trading-session.ts';
import type { JobHistory } from './job-history.ts';

/** What the service needs of a daemon that has started. */
export interface RunningDaemon {
  readonly session: TradingSession;
  readonly history: JobHistory;
  readonly registry: ModelRegistry;
  readonly streams: StreamProcessor | undefined;
}

const NANOSECONDS = 1e9;

/** The running system as the API sees it. Before it is ready only health and metrics have something to say. */
export function daemonService(parts: AppParts, events: EventLog, running: () => RunningDaemon | undefined): ServiceApi {
  const lag = monitorEventLoopDelay({ resolution: 20 });
  lag.enable();
  const { clock } = parts;
  const takeLag = () => {
    const seconds = Number.isFinite(lag.mean) ? lag.mean / NANOSECONDS : 0;
    lag.reset();
    return seconds;
  };
  return {
    isReady: () => running() !== undefined,
    isSimulated: parts.isSimulated,
    read: (what, limit) => read(parts, events, running(), what, limit),
    metrics: async () => renderMetrics(await snapshot(parts, running(), takeLag())),
    async halt(by, why) {
      const halt = await haltTrading(parts, by, why);
      events.add('halt', clock.nowMs(), halt);
      return { halted: true, ...halt };
    },
    async resume(by) {
      const before = await resumeTrading(parts);
      events.add('halt', clock.nowMs(), { halted: false, by });
      return { halted: false, before: before ?? null };
    },
    async flatten(by) {
      const halt = await haltTrading(parts, by, 'flatten');
      const daemon = running();
      if (!daemon) return { halted: true, why: halt.why, orders: [], position: { eth: null } };
      const { orders, positionEth } = await sellEverything(daemon.session, clock.nowMs());
      return { halted: true, why: halt.why, orders, position: { eth: positionEth } };
    },
    push: (dataset, rows) => push(parts, dataset, rows),
  };
}

async function read(
  parts: AppParts,
  events: EventLog,
  daemon: RunningDaemon | undefined,
  what: Collection,
  limit: number,
): Promise<unknown> {
  if (what === 'data') return listData(parts.store, parts.clock.nowMs());
  if (what === 'alerts') {
    const alerts = events.latest.filter(({ type }) => type === 'alert');
    return alerts.slice(-limit).map(({ timeMs, data }) => ({ timeMs, ...(data as object) }));
  }
  if (!daemon) return what === 'status' ? { status: 'down', checks: [] } : [];
  const { cycle } = daemon.session;
  const { ledger } = cycle.engine;
  const decisions = cycle.decisions.all();
  switch (what) {
    case 'status':
      return {
        simulated: parts.isSimulated,
        ...(await checkStatus(parts, daemon.registry)),
        streams: daemon.streams?.statuses ?? [],
      };
    case 'decisions':
      return decisions.slice(-limit).map(({ decisionId, decisionTimeMs, modelId, prediction, decision, risk }) => ({
        decisionId,
        decisionTimeMs,
        modelId,
        label: decision.label,
        confidence: decision.confidence,
        probabilities: prediction?.probabilities ?? null,
        action: decision.action,
        reasons: [...decision.reasons, ...risk.reasons].map(reasonText),
      }));
    case 'orders':
      return (await showJournal(parts)).orders.slice(-limit);
    case 'trades':
      return tradeHistory(ledger).slice(-limit);
    case 'positions':
      return {
        eth: ledger.balance(ledger.baseAsset).toFixed(),
        usd: ledger.cashUsd.toFixed(),
        protection: ledger.position.protection,
      };
    case 'equity':
      return cycle.performance.points.slice(-limit);
    case 'models':
      return daemon.registry.list();
    case 'features':
      return decisions.at(-1)?.features ?? {};
  }
}

/** Pushed rows go the way of a file: recognised, validated, quarantined or stored. */
async function push(parts: AppParts, dataset: string, rows: readonly PushedRow[]) {
  const file = join(parts.dataDir, PATHS.pushed, `${dataset}.json`);
  await writeFileAtomic(file, JSON.stringify(rows));
  const reports = await ingestFile(file, parts, { dataset });
  const sum = (pick: (report: (typeof reports)[number]) => number) => reports.reduce((total, one) => total + pick(one), 0);
  return {
    rows: rows.length,
    stored: sum(({ stored }) => stored),
    quarantined: sum(({ quarantined }) => quarantined),
    warnings: reports.flatMap(({ warnings }) => warnings),
  };
}

async function snapshot(
  parts: AppParts,
  daemon: RunningDaemon | undefined,
  eventLoopLagSeconds: number,
): Promise<MetricsSnapshot> {
  const nowMs = parts.clock.nowMs();
  const seconds = (timeMs: TimeMs | undefined) => (timeMs === undefined ? undefined : (nowMs - timeMs) / 1000);
  const disk = await statfs(parts.dataDir).catch(() => undefined);
  const base = {
    isReady: daemon !== undefined,
    isHalted: (await new HaltSwitch(join(parts.dataDir, PATHS.halt)).current()) !== undefined,
    dataAgeSeconds: await dataAges(parts, nowMs),
    eventLoopLagSeconds,
    residentBytes: process.memoryUsage.rss(),
    diskFreeBytes: disk && disk.bavail * disk.bsize,
  };
  if (!daemon) return { ...base, decisions: 0, ordersByState: {}, feesUsd: 0, jobRuns: {}, checks: {} };
  const { cycle } = daemon.session;
  const { ledger } = cycle.engine;
  const { points } = cycle.performance;
  const equityUsd = points.at(-1)?.equityUsd;
  const peakUsd = points.reduce((peak, point) => Math.max(peak, point.equityUsd), 0);
  const { checks } = await checkStatus(parts, daemon.registry);
  return {
    ...base,
    modelAgeSeconds: seconds(cycle.model()?.trainedUntilMs),
    decisionAgeSeconds: seconds(cycle.decisions.all().at(-1)?.decisionTimeMs),
    decisions: cycle.decisions.all().length,
    ordersByState: countBy([...ledger.orders.values()].map(({ state }) => state)),
    equityUsd,
    drawdownRatio: equityUsd === undefined || peakUsd === 0 ? undefined : 1 - equityUsd / peakUsd,
    exposureRatio: points.at(-1)?.exposure,
    feesUsd: toNumber(ledger.feesUsd),
    jobRuns: {
      training: countBy(daemon.history.runs.filter(({ job }) => job === 'training').map(({ outcome }) => outcome)),
      decision: countBy(daemon.history.runs.filter(({ job }) => job === 'decision').map(({ outcome }) => outcome)),
    },
    checks: Object.fromEntries(checks.map(({ name, status }) => [name, status])),
  };
}

async function dataAges({ store }: AppParts, nowMs: TimeMs): Promise<Record<string, number>> {
  const ages: Record<string, number> = {};
  for (const { dataset, rows, lastEndMs } of await store.listSeries()) {
    if (rows > 0) ages[dataset] = Math.min(ages[dataset] ?? Number.POSITIVE_INFINITY, (nowMs - lastEndMs) / 1000);
  }
  return ages;
}

function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
