import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { ingestFile } from '../../extraction/index.ts';
import type { Metrics } from '../../monitoring/index.ts';
import type { Collection, EventLog, PushedRow, Reply, ServiceApi } from '../../server/index.ts';
import { writeFileAtomic } from '../../storage/index.ts';
import { feesByAsset, protectedAt, tradeHistory, unrealisedPnlUsd } from '../../trading/index.ts';
import { type AppParts, PATHS } from '../app-parts.ts';
import { showJournal } from '../journal-command.ts';
import { listData } from '../list-data.ts';
import { reasonText } from '../predict.ts';
import { type ProcessReadings, readGauges } from './daemon-gauges.ts';
import type { RunningDaemon } from './running-daemon.ts';
import { tradingSwitches } from './trading-switches.ts';

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
  const takeLag = () => {
    const seconds = Number.isFinite(lag.mean) ? lag.mean / NANOSECONDS : 0;
    lag.reset();
    return seconds;
  };
  return {
    isReady: () => running() !== undefined && running()?.trouble === undefined,
    isSimulated: parts.isSimulated,
    read: (what, limit) => readers(parts, events, running())[what](limit),
    metrics: async () => metrics.text(await readGauges(parts, running(), { ...process(), eventLoopLagSeconds: takeLag() })),
    ...tradingSwitches(parts, events, running),
    push: (dataset, rows) => push(parts, dataset, rows),
  };
}

type Readers = { readonly [What in Collection]: (limit: number) => Promise<Reply<What>> };

/** How each collection is read. Before the daemon has started, what only it knows is empty. */
function readers(parts: AppParts, events: EventLog, daemon: RunningDaemon | undefined): Readers {
  const ledger = daemon?.session.cycle.engine.ledger;
  const decisions = () => daemon?.session.cycle.decisions.all() ?? [];
  return {
    status: async () => ({
      simulated: parts.isSimulated,
      ...(daemon ? await daemon.health.recent() : { status: 'down', checks: [] }),
      protectedAt: ledger ? protectedAt(ledger) : null,
      jobs: daemon?.jobStates() ?? [],
      streams: [...(daemon?.streams?.statuses ?? []), ...(daemon?.userStream ? [daemon.userStream.status] : [])].map((one) => ({
        ...one,
      })),
    }),
    decisions: async (limit) =>
      decisions()
        .slice(-limit)
        .map(({ decisionId, decisionTimeMs, modelId, prediction, decision, risk }) => ({
          decisionId,
          decisionTimeMs,
          modelId,
          label: decision.label,
          confidence: decision.confidence,
          probabilities: prediction?.probabilities ?? null,
          action: decision.action,
          reasons: [...decision.reasons, ...risk.reasons].map(reasonText),
        })),
    orders: async (limit) => (daemon ? (await showJournal(parts)).orders.slice(-limit) : []),
    trades: async (limit) => (ledger ? tradeHistory(ledger, daemon?.session.markUsd()).slice(-limit) : []),
    positions: async () => ({
      eth: ledger?.balance(ledger.baseAsset).toFixed() ?? '0',
      usd: ledger?.cashUsd.toFixed() ?? '0',
      protection: ledger?.position.protection ? { ...ledger.position.protection } : null,
      protectedAt: ledger ? protectedAt(ledger) : null,
      markPriceUsd: daemon?.session.markUsd()?.toFixed() ?? null,
      unrealisedPnlUsd: ledger ? unrealisedPnlUsd(ledger, daemon?.session.markUsd()) : null,
      feesByAsset: ledger ? feesByAsset(ledger) : {},
    }),
    equity: async (limit) => daemon?.session.cycle.performance.points.slice(-limit).map((point) => ({ ...point })) ?? [],
    models: async () => (await daemon?.registry.list()) ?? [],
    features: async () => decisions().at(-1)?.features ?? {},
    data: async () => (await listData(parts.store, parts.clock.nowMs())).map((one) => ({ ...one })),
    alerts: async (limit) =>
      events.latest
        .filter(({ type }) => type === 'alert')
        .slice(-limit)
        .map(({ timeMs, data }) => ({ timeMs, ...(data as Omit<Reply<'alerts'>[number], 'timeMs'>) })),
  };
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
