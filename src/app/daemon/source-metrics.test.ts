import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../domain/index.ts';
import { type GaugeReadings, Metrics } from '../../monitoring/index.ts';
import { METRICS } from '../../monitoring/metric-definitions.ts';
import { SourceMetrics } from './source-metrics.ts';

const NOTHING = Object.fromEntries(
  Object.entries(METRICS).flatMap(([name, { type }]) => (type === 'gauge' ? [[name, undefined]] : [])),
) as GaugeReadings;

describe('SourceMetrics', () => {
  it('counts and times each source, and knows when it last gave everything', async () => {
    const [metrics, clock] = [new Metrics(), new ManualClock(1_000)];
    const sources = new SourceMetrics(metrics, clock);
    sources.tell({ source: 'yahoo', isFailed: false, durationMs: 1_500 });
    clock.moveTo(9_000);
    sources.tell({ source: 'yahoo', isFailed: true, durationMs: 400 });
    sources.tell({ source: 'node', isFailed: true, durationMs: 60_000 });
    expect([...sources.lastSuccessMs]).toEqual([['yahoo', 1_000]]);
    const text = await metrics.text(NOTHING);
    expect(text).toContain('ets_source_runs_total{source="yahoo",outcome="done"} 1');
    expect(text).toContain('ets_source_runs_total{source="yahoo",outcome="failed"} 1');
    expect(text).toContain('ets_source_runs_total{source="node",outcome="done"} 0');
    expect(text).toContain('ets_source_duration_seconds_sum{source="yahoo"} 1.9');
  });
});
