export { type Alert, alertText, type Severity } from './alert.ts';
export { createChannels } from './channels/create-channels.ts';
export { createLogger, type Logger, secretsOf, withLogFields } from './logger.ts';
export { byLabel, type GaugeReadings, type LabelledValue, Metrics } from './metrics.ts';
export { metricsTable } from './metrics-table.ts';
export { type NotificationParts, NotificationSystem } from './notification-system.ts';
export { Outbox } from './outbox.ts';
