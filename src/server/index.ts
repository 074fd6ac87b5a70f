export { EventLog, type ServiceEvent } from './events.ts';
export { type Collection, REPLIES, type Reply } from './replies.ts';
export type { PushedRow, ServiceApi } from './service-api.ts';
export { type AuditEntry, startServer } from './start-server.ts';
export { readTlsFiles, type TlsFiles } from './tls-files.ts';
