export type { DatasetDay, DatasetStatus, DayReport } from './agent/day-report.ts';
export type { SourceEstimate } from './agent/estimate.ts';
export {
  ExtractionAgent,
  type ExtractionAgentDeps,
  type ExtractionProgress,
  type ExtractionReport,
  type ExtractionStore,
  type RunOptions,
  type SourceRunNote,
} from './agent/extraction-agent.ts';
export type { BlockDepth } from './blockchain/hour-aggregate.ts';
export { checkSources, type SourceCheck } from './check-sources.ts';
export { createExtractionAgent, type ExtractionDeps } from './create-extraction-agent.ts';
export { DropWatcher } from './drop/drop-watcher.ts';
export { type DropReport, PROCESSED_PREFIX, processDrops, processFiles } from './drop/process-drops.ts';
export { ExternalDataIntegrator, type ExternalReport } from './external/external-integrator.ts';
export type { ExternalSource } from './external/external-source.ts';
export { runExternalStream } from './external/external-stream.ts';
export { type ProposedSource, proposeSource } from './external/propose-source.ts';
export { HttpClient, type HttpDeps, type HttpRequest, RequestBudgets } from './http/index.ts';
export { type FileReport, type IngestOptions, ingestFile, prepareFile, readContent, readTable } from './ingest/index.ts';
export { type BookTicker, fetchBookTicker } from './price/book-ticker.ts';
export { fetchOrderBook } from './price/order-book.ts';
export { fetchServerTime } from './price/server-time.ts';
export type { ExtractContext, Extracted, SourceExtractor, TimeRange } from './source-extractor.ts';
export type { SourceKeys, SourceUrls } from './source-urls.ts';
export {
  type ChainEvent,
  type PriceView,
  StreamProcessor,
  type StreamStatus,
} from './stream/index.ts';
export { assessDay, type DayVerdict } from './validation/index.ts';
export type { AddressLabel } from './whale/address-labels.ts';
export type { CandleStore } from './whale/price-lookup.ts';
