export { assessDay, type DayVerdict } from './assess-day.ts';
export { type BatchVerdict, DataValidator, type RejectedRow } from './data-validator.ts';
export type { QuarantinedRow } from './findings.ts';
export type { RowError } from './row-rules.ts';
