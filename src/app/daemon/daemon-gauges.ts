import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { DAY_MS, systemClock, type TimeMs, toNumber } from '../../domain/index.ts';
import { byLabel, type GaugeReadings, type LabelledValue } from '../../monitoring/index.ts';
import { type DecisionRecord, HaltSwitch, meantPriceUsd, ORDER_STATES, type Order } from '../../trading/index.ts';
import { type AppParts, PATHS } from '../app-parts.ts';
import { newestBackupMs } from '../backups.ts';
import { DRIFT_LEVELS } from '../risk-settings.ts';
import { modeOf } from '../trading-session.ts';
import type { JobState } from './job-state.ts';
import type { RunningDaemon } from './running-daemon.ts';

/** What only the process knows, besides the running daemon. */
export interface ProcessReadings {
  readonly version: string;
  readonly eventLoopLagSeconds: number;
  readonly certificateValidUntilMs: TimeMs | undefined;
  readonly waitingMessages: number;
}

const STATUS_LEVELS = { ok: 0, degraded: 1, down: 2 } as const;
const VERDICT_LEVELS = { ok: 0, warning: 1, suspect: 2, stale: 3, missing: 4 } as const;
const SLIPPAGE_ORDERS = 20;
const BPS = 10_000;

/** Every gauge as it stands now. What is not known is not shown. */
export async function readGauges(
  parts: AppParts,
  daemon: RunningDaemon | undefined,
  process_: ProcessReadings,
): Promise<GaugeReadings> {
  const nowMs = parts.clock.nowMs();
  const ageSeconds = (timeMs: TimeMs | undefined) => (timeMs === undefined ? undefined : (nowMs - timeMs) / 1000);
  const disk = await statfs(parts.dataDir).catch(() => undefined);
  const cycle = daemon?.session.cycle;
  const decisions = cycle?.decisions.all() ?? [];
  const last = decisions.at(-1);
  const quality = daemon?.health.quality;
  const { version, eventLoopLagSeconds, certificateValidUntilMs, waitingMessages } = process_;
  return {
    ets_up_info: [{ labels: { version, mode: modeOf(parts), simulated: String(parts.isSimulated) }, value: 1 }],
    ets_ready: Number(daemon !== undefined && daemon.trouble === undefined),
    ets_halted: Number((await new HaltSwitch(join(parts.dataDir, PATHS.halt)).current()) !== undefined),
    ets_check_status: byLabel(
      'check',
      Object.fromEntries((daemon?.health.latest?.checks ?? []).map(({ name, status }) => [name, STATUS_LEVELS[status]])),
    ),
    ets_data_age_seconds: byLabel('dataset', await dataAges(parts, nowMs)),
    ets_data_verdict: byLabel(
      'dataset',
      Object.fromEntries((last?.dataVerdicts ?? []).map(({ dataset, verdict }) => [dataset, VERDICT_LEVELS[verdict]])),
    ),
    ets_model_age_seconds: ageSeconds(cycle?.model()?.trainedUntilMs),
    ets_decision_age_seconds: ageSeconds(last?.decisionTimeMs),
    ets_decision_confidence_ratio: last?.decision.confidence ?? undefined,
    ets_decisions: byLabel('action', countBy(decisions.map(({ decision }: DecisionRecord) => decision.action))),
    ...accountReadings(cycle),
    ets_drift_level: quality && DRIFT_LEVELS[quality.level],
    ets_excess_loss: quality?.excessLoss ?? undefined,
    ets_queue_messages: byLabel('queue', {
      notifications: waitingMessages,
      ...Object.fromEntries((daemon?.streams?.statuses ?? []).map(({ name, queued }) => [`stream:${name}`, queued])),
    }),
    ets_source_success_age_seconds: byLabel(
      'source',
      Object.fromEntries([...(daemon?.sources.lastSuccessMs ?? [])].map(([source, atMs]) => [source, (nowMs - atMs) / 1000])),
    ),
    ets_quarantine_rows: await parts.store.quarantinedCount(),
    ...streamReadings(daemon),
    ets_backup_age_seconds: ageSeconds(await newestBackupMs(parts)),
    ets_certificate_valid_seconds:
      certificateValidUntilMs === undefined ? undefined : (certificateValidUntilMs - systemClock.nowMs()) / 1000,
    ...jobReadings(daemon?.jobStates() ?? [], nowMs),
    ets_event_loop_lag_seconds: eventLoopLagSeconds,
    ets_resident_memory_bytes: process.memoryUsage.rss(),
    ets_disk_free_bytes: disk && disk.bavail * disk.bsize,
  };
}

type Picked<Name extends keyof GaugeReadings> = Pick<GaugeReadings, Name>;

function accountReadings(
  cycle: RunningDaemon['session']['cycle'] | undefined,
): Picked<
  | 'ets_orders'
  | 'ets_open_orders'
  | 'ets_slippage_bps'
  | 'ets_equity_usd'
  | 'ets_drawdown_ratio'
  | 'ets_exposure_ratio'
  | 'ets_position_eth'
  | 'ets_fees_usd'
> {
  const ledger = cycle?.engine.ledger;
  const points = cycle?.performance.points ?? [];
  const equityUsd = points.at(-1)?.equityUsd;
  const peakUsd = points.reduce((peak, point) => Math.max(peak, point.equityUsd), 0);
  return {
    ets_orders: ordersByState([...(ledger?.orders.values() ?? [])]),
    ets_open_orders: ledger?.unsettledOrders().length,
    ets_slippage_bps: ledger && meanSlippageBps([...ledger.orders.values()]),
    ets_equity_usd: equityUsd,
    ets_drawdown_ratio: equityUsd === undefined || peakUsd === 0 ? undefined : 1 - equityUsd / peakUsd,
    ets_exposure_ratio: points.at(-1)?.exposure,
    ets_position_eth: ledger && toNumber(ledger.balance(ledger.baseAsset)),
    ets_fees_usd: ledger && toNumber(ledger.feesUsd),
  };
}

/** Orders in every state: one that no order is in shows 0, so that an alert sees the first. */
export const ordersByState = (orders: readonly Pick<Order, 'state'>[]): readonly LabelledValue[] =>
  byLabel('state', {
    ...Object.fromEntries(ORDER_STATES.map((state) => [state, 0])),
    ...countBy(orders.map(({ state }) => state)),
  });

/** What the newest executed orders paid more, or got less, than the price they were meant at; nothing before the first. */
export function meanSlippageBps(orders: readonly Order[]): number | undefined {
  const costs = orders
    .filter(({ filledQuantity }) => filledQuantity.gt(0))
    .slice(-SLIPPAGE_ORDERS)
    .map(({ intent, filledQuantity, notionalUsd }) => {
      const paid = toNumber(notionalUsd) / toNumber(filledQuantity);
      const excess = paid / Number(meantPriceUsd(intent)) - 1;
      return BPS * (intent.side === 'buy' ? excess : -excess);
    });
  return costs.length === 0 ? undefined : costs.reduce((sum, cost) => sum + cost, 0) / costs.length;
}

function streamReadings(daemon: RunningDaemon | undefined): Picked<'ets_stream_up' | 'ets_stream_messages'> {
  const statuses = daemon?.streams?.statuses ?? [];
  return {
    ets_stream_up: byLabel('stream', Object.fromEntries(statuses.map(({ name, state }) => [name, Number(state === 'up')]))),
    ets_stream_messages: statuses.flatMap((status) =>
      (['messages', 'invalid', 'dropped', 'conflated', 'duplicates', 'stored'] as const).map(
        (outcome): LabelledValue => ({ labels: { stream: status.name, outcome }, value: status[outcome] }),
      ),
    ),
  };
}

function jobReadings(states: readonly JobState[], nowMs: TimeMs): Picked<'ets_job_due_seconds' | 'ets_job_running'> {
  const of = (value: (state: JobState) => number) => Object.fromEntries(states.map((state) => [state.job, value(state)]));
  return {
    ets_job_due_seconds: byLabel(
      'job',
      of(({ nextDueMs }) => Math.max(nextDueMs - nowMs, -DAY_MS) / 1000),
    ),
    ets_job_running: byLabel(
      'job',
      of(({ isRunning }) => Number(isRunning)),
    ),
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
