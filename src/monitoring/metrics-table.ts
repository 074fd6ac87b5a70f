import { METRICS, type MetricDefinition } from './metric-definitions.ts';

/** Every metric as a row of docs/metrics.md: name, type, labels, meaning. */
export const metricsTable = (): readonly (readonly string[])[] => [
  ['Metric', 'Type', 'Labels', 'Meaning'],
  ...(Object.entries(METRICS) as [string, MetricDefinition][]).map(([name, { type, labels = [], help }]) => [
    `\`${name}\``,
    type,
    labels.map((label) => `\`${label}\``).join(', '),
    help,
  ]),
];
