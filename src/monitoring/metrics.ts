import { Gauge, Registry } from 'prom-client';

/** What the metrics are made of, read when they are asked for. Absent is not known and not shown. */
export interface MetricsSnapshot {
  readonly isReady: boolean;
  readonly isHalted: boolean;
  readonly dataAgeSeconds: Readonly<Record<string, number>>;
  readonly modelAgeSeconds?: number | undefined;
  readonly decisionAgeSeconds?: number | undefined;
  readonly decisions: number;
  readonly ordersByState: Readonly<Record<string, number>>;
  readonly equityUsd?: number | undefined;
  readonly drawdownRatio?: number | undefined;
  readonly exposureRatio?: number | undefined;
  readonly feesUsd: number;
  readonly jobRuns: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly checks: Readonly<Record<string, 'ok' | 'degraded' | 'down'>>;
  readonly eventLoopLagSeconds: number;
  readonly residentBytes: number;
  readonly diskFreeBytes?: number | undefined;
}

/** Every metric: name, help and where its values come from. The documentation is held to this list. */
export const METRICS = [
  metric('ets_ready', 'Whether the daemon is recovered and its schedule runs', (s) => Number(s.isReady)),
  metric('ets_halted', 'Whether trading is halted', (s) => Number(s.isHalted)),
  metric('ets_data_age_seconds', 'Age of the newest row by dataset', (s) => s.dataAgeSeconds, 'dataset'),
  metric('ets_model_age_seconds', 'Time since the end of the training window of the current model', (s) => s.modelAgeSeconds),
  metric('ets_decision_age_seconds', 'Time since the last daily decision', (s) => s.decisionAgeSeconds),
  metric('ets_decisions', 'Daily decisions in the data directory', (s) => s.decisions),
  metric('ets_orders', 'Orders by state', (s) => s.ordersByState, 'state'),
  metric('ets_equity_usd', 'Equity at the last decision', (s) => s.equityUsd),
  metric('ets_drawdown_ratio', 'How far equity is below its highest, 0 to 1', (s) => s.drawdownRatio),
  metric('ets_exposure_ratio', 'Share of equity in Ether', (s) => s.exposureRatio),
  metric('ets_fees_usd', 'Fees paid so far', (s) => s.feesUsd),
  metric(
    'ets_check_status',
    'Health by part: 0 ok, 1 degraded, 2 down',
    (s) =>
      Object.fromEntries(Object.entries(s.checks).map(([name, status]) => [name, ['ok', 'degraded', 'down'].indexOf(status)])),
    'check',
  ),
  metric('ets_event_loop_lag_seconds', 'Mean delay of the event loop since the last reading', (s) => s.eventLoopLagSeconds),
  metric('ets_resident_memory_bytes', 'Resident memory of the daemon', (s) => s.residentBytes),
  metric('ets_disk_free_bytes', 'Free space of the data directory', (s) => s.diskFreeBytes),
  metric('ets_training_runs', 'Weekly trainings by outcome', (s) => s.jobRuns.training ?? {}, 'outcome'),
  metric('ets_decision_runs', 'Daily decision jobs by outcome', (s) => s.jobRuns.decision ?? {}, 'outcome'),
] as const;

type Value = number | undefined | Readonly<Record<string, number>>;

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly value: (snapshot: MetricsSnapshot) => Value;
  readonly label: string | undefined;
}

function metric(name: string, help: string, value: Metric['value'], label?: string): Metric {
  return { name, help, value, label };
}

/** The snapshot as Prometheus text. */
export async function renderMetrics(snapshot: MetricsSnapshot): Promise<string> {
  const registry = new Registry();
  for (const { name, help, value, label } of METRICS) {
    const now = value(snapshot);
    if (now === undefined) continue;
    const gauge = new Gauge({ name, help, registers: [registry], labelNames: label === undefined ? [] : [label] });
    if (typeof now === 'number') gauge.set(now);
    else for (const [key, one] of Object.entries(now)) gauge.set({ [label ?? 'name']: key }, one);
  }
  return registry.metrics();
}
