export { METRICS, type MetricsSnapshot, renderMetrics } from './metrics.ts';
