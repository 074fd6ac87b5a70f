export { writeFileAtomic } from './atomic-file.ts';
export { DataManager, type DataManagerDeps, type ReadOptions, type TableManifest } from './data-manager.ts';
export type { StoredVerdict } from './day-verdicts.ts';
export type { StoredFeatures } from './feature-table.ts';
export type { QuarantinedRow, RefusedRow } from './quarantine-rows.ts';
export type { Gap, SeriesSummary } from './summarize-series.ts';
export type { AppendResult } from './table-store.ts';
export type { Problem } from './verify-tables.ts';
export { readWorld, type World } from './world.ts';
