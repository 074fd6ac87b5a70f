export { ingestFile, type PreparedSeries, prepareFile } from './ingest-file.ts';
export type { FileReport, IngestDeps, IngestOptions, IngestStore, StoredCounts } from './ingest-types.ts';
export { TIME_UNITS, type TimeUnit } from './parse-time.ts';
