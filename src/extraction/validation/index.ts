export type { DayVerdict } from './assess-day.ts';
export { type BatchContext, type BatchVerdict, DataValidator, type RejectedRow } from './data-validator.ts';
export type { Finding, QuarantinedRow, RuleName } from './findings.ts';
export type { RowError } from './row-rules.ts';
