export { type Alert, alertText, type Severity } from './alert.ts';
export { createChannels } from './channels/create-channels.ts';
export { createLogger, type Logger, secretsOf, withLogFields } from './logger.ts';
export { METRICS, type MetricsSnapshot, renderMetrics } from './metrics.ts';
export { NotificationSystem } from './notification-system.ts';
export { Outbox } from './outbox.ts';
