/** What a metric is, for the registry and for docs/metrics.md. */
export interface MetricDefinition {
  readonly type: 'gauge' | 'counter' | 'histogram';
  readonly help: string;
  readonly labels?: readonly string[];
  readonly buckets?: readonly number[];
}

const JOB_BUCKETS_S = [0.1, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 7200];

const gauge = (help: string, ...labels: string[]) => ({ type: 'gauge', help, labels }) as const;
const counter = (help: string, ...labels: string[]) => ({ type: 'counter', help, labels }) as const;

/**
 * Every metric of this system. Ages are in seconds of the world's time, durations in seconds of process time, sizes in
 * bytes, shares are fractions. docs/metrics.md, the alert rules and the dashboard are held to this list.
 */
export const METRICS = {
  ets_up_info: gauge('Always 1; labels tell version, mode and whether the world is simulated', 'version', 'mode', 'simulated'),
  ets_ready: gauge('Whether the daemon is recovered and its schedule runs'),
  ets_halted: gauge('Whether trading is halted'),
  ets_check_status: gauge('Health of a part at the last look: 0 ok, 1 degraded, 2 down', 'check'),
  ets_data_age_seconds: gauge('Age of the newest row by dataset', 'dataset'),
  ets_data_verdict: gauge('What data was worth to the last decision: 0 ok, 1 warning, 2 suspect, 3 stale, 4 missing', 'dataset'),
  ets_model_age_seconds: gauge('Time since the end of the training window of the current model'),
  ets_decision_age_seconds: gauge('Time since the last daily decision'),
  ets_decision_confidence_ratio: gauge('Confidence of the last decision'),
  ets_decisions: gauge('Daily decisions in the data directory by action', 'action'),
  ets_orders: gauge('Orders in the journal by state', 'state'),
  ets_open_orders: gauge('Orders whose outcome is not known yet'),
  ets_slippage_bps: gauge('Mean slippage of the last 20 executed orders against the price they were sized with; positive costs'),
  ets_equity_usd: gauge('Equity at the last decision'),
  ets_drawdown_ratio: gauge('How far equity is below its highest, 0 to 1'),
  ets_exposure_ratio: gauge('Share of equity in Ether at the last decision'),
  ets_position_eth: gauge('Ether held'),
  ets_fees_usd: gauge('Fees paid so far'),
  ets_drift_level: gauge('How far the newest features are from the training window: 0 ok, 0.5 watch, 1 act'),
  ets_excess_loss: gauge('How much worse than expected predictions keep being, in deviations in sum: 6 is watched, 12 acted on'),
  ets_queue_messages: gauge('Messages that wait, by queue: notifications, and stream:<name> for each stream', 'queue'),
  ets_stream_up: gauge('Whether a stream is connected', 'stream'),
  ets_stream_messages: gauge('Messages of a stream since the start, by what became of them', 'stream', 'outcome'),
  ets_source_success_age_seconds: gauge(
    'Time since a source last gave everything that it was asked for, since the start',
    'source',
  ),
  ets_quarantine_rows: gauge('Rows that were refused and are kept with the reason'),
  ets_backup_age_seconds: gauge('Time since the last backup'),
  ets_certificate_valid_seconds: gauge('Real time until the certificate of the API expires'),
  ets_job_due_seconds: gauge('Time until a job is due next; negative where it waits', 'job'),
  ets_job_running: gauge('Whether a job runs now', 'job'),
  ets_job_runs_total: counter('Runs of jobs since the start by outcome: done, failed, missed', 'job', 'outcome'),
  ets_job_duration_seconds: {
    type: 'histogram',
    help: 'Process time of a run of a job',
    labels: ['job'],
    buckets: JOB_BUCKETS_S,
  },
  ets_phase_duration_seconds: {
    type: 'histogram',
    help: 'Process time of a part of a run: fetch, ownData, decideAndOrder, reconcile of a decision',
    labels: ['job', 'phase'],
    buckets: JOB_BUCKETS_S,
  },
  ets_source_runs_total: counter('Runs of sources since the start: done, or failed in part or whole', 'source', 'outcome'),
  ets_source_duration_seconds: {
    type: 'histogram',
    help: 'Process time of a run of a source',
    labels: ['source'],
    buckets: JOB_BUCKETS_S,
  },
  ets_alerts_total: counter('Alerts raised since the start', 'name', 'severity'),
  ets_notifications_total: counter('Messages to channels since the start: sent or failed', 'channel', 'outcome'),
  ets_messages_lost_total: counter('Messages given up since the start because too many waited on their channel', 'channel'),
  ets_api_requests_total: counter('Requests of the API since the start', 'method', 'status'),
  ets_event_loop_lag_seconds: gauge('Mean delay of the event loop since the last reading'),
  ets_resident_memory_bytes: gauge('Resident memory of the daemon'),
  ets_disk_free_bytes: gauge('Free space of the data directory'),
} as const satisfies Record<string, MetricDefinition>;

export type MetricName = keyof typeof METRICS;
/** Names of the metrics of one type. */
export type NamesOf<Type extends MetricDefinition['type']> = {
  [Name in MetricName]: (typeof METRICS)[Name]['type'] extends Type ? Name : never;
}[MetricName];
