export { ingestFile, prepareFile } from './ingest-file.ts';
export type { FileReport, IngestDeps, IngestOptions } from './ingest-types.ts';
