export { ingestFile, ingestShape, prepareFile } from './ingest-file.ts';
export type { FileReport, IngestDeps, IngestOptions } from './ingest-types.ts';
export { type FileShape, normalizeName } from './profiles/profile.ts';
export { readContent, readTable } from './read-table.ts';
