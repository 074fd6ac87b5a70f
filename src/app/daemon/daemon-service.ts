import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { ingestFile } from '../../extraction/index.ts';
import type { Metrics } from '../../monitoring/index.ts';
import type { Collection, EventLog, PushedRow, ServiceApi } from '../../server/index.ts';
import { writeFileAtomic } from '../../storage/index.ts';
import { protectedAt, tradeHistory } from '../../trading/index.ts';
import { type AppParts, PATHS } from '../app-parts.ts';
import { haltTrading, resumeTrading, sellEverything } from '../halting.ts';
import { showJournal } from '../journal-command.ts';
import { listData } from '../list-data.ts';
import { reasonText } from '../predict.ts';
import { type ProcessReadings, readGauges } from './daemon-gauges.ts';
import type { RunningDaemon } from './running-daemon.ts';

/** What the service takes besides: where counts are kept, and what only the process knows. */
export interface ServiceParts {
  readonly events: EventLog;
  readonly metrics: Metrics;
  readonly running: () => RunningDaemon | undefined;
  readonly process: () => Omit<ProcessReadings, 'eventLoopLagSeconds'>;
}

const NANOSECONDS = 1e9;

/** The running system as the API sees it. Before it is ready only health and metrics have something to say. */
export function daemonService(parts: AppParts, { events, metrics, running, process }: ServiceParts): ServiceApi {
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
    metrics: async () => metrics.text(await readGauges(parts, running(), { ...process(), eventLoopLagSeconds: takeLag() })),
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
        ...(await daemon.health.recent()),
        protectedAt: protectedAt(ledger),
        jobs: daemon.jobStates(),
        streams: [...(daemon.streams?.statuses ?? []), ...(daemon.userStream ? [daemon.userStream.status] : [])],
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
        protectedAt: protectedAt(ledger),
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
