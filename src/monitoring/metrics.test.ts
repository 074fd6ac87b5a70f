import { describe, expect, it } from 'vitest';
import { METRICS } from './metric-definitions.ts';
import { byLabel, type GaugeReadings, Metrics } from './metrics.ts';

const NOTHING = Object.fromEntries(
  Object.entries(METRICS).flatMap(([name, { type }]) => (type === 'gauge' ? [[name, undefined]] : [])),
) as GaugeReadings;

describe('Metrics', () => {
  it('are served in the Prometheus text format', async () => {
    const metrics = new Metrics();
    metrics.count('ets_job_runs_total', { job: 'decision', outcome: 'done' });
    metrics.count('ets_job_runs_total', { job: 'decision', outcome: 'done' });
    metrics.observe('ets_job_duration_seconds', 3, { job: 'decision' });
    const text = await metrics.text({
      ...NOTHING,
      ets_equity_usd: 10_000,
      ets_data_age_seconds: byLabel('dataset', { price_data: 5, whale_data: 7 }),
    });
    expect(text).toContain('# TYPE ets_equity_usd gauge\nets_equity_usd 10000\n');
    expect(text).toContain('ets_data_age_seconds{dataset="price_data"} 5');
    expect(text).toContain('ets_job_runs_total{job="decision",outcome="done"} 2');
    expect(text).toContain('ets_job_duration_seconds_bucket{le="5",job="decision"} 1');
    expect(text).toContain('ets_job_duration_seconds_bucket{le="2",job="decision"} 0');
  });

  it('show at 0 what is expected to be counted, and count on from what was', async () => {
    const metrics = new Metrics();
    metrics.count('ets_job_runs_total', { job: 'decision', outcome: 'done' });
    for (const outcome of ['done', 'failed']) metrics.expect('ets_job_runs_total', { job: 'decision', outcome });
    const text = await metrics.text(NOTHING);
    expect(text).toContain('ets_job_runs_total{job="decision",outcome="done"} 1');
    expect(text).toContain('ets_job_runs_total{job="decision",outcome="failed"} 0');
  });

  it('do not show what is not known, nor what was known before and is not any more', async () => {
    const metrics = new Metrics();
    await metrics.text({ ...NOTHING, ets_equity_usd: 1, ets_orders: byLabel('state', { FILLED: 1, OPEN: 1 }) });
    const text = await metrics.text({ ...NOTHING, ets_orders: byLabel('state', { FILLED: 2 }) });
    expect(text).not.toMatch(/^ets_equity_usd /m);
    expect(text.match(/^ets_orders\{.*$/gm)).toEqual(['ets_orders{state="FILLED"} 2']);
  });

  it('bear a unit: counters total, ages and durations seconds, sizes bytes, shares ratio', () => {
    const plain =
      /_(seconds|bytes|bps|usd|eth|ratio|messages|info|status|verdict|level|loss|up|ready|halted|running|rows|orders|decisions)$/;
    for (const [name, { type }] of Object.entries(METRICS))
      expect(name).toMatch(type === 'counter' ? /^ets_[a-z_]+_total$/ : plain);
  });
});
