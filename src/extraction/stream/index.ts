export type { ChainEvent } from './chain-stream.ts';
export type { PriceView } from './live-price.ts';
export { StreamProcessor, type StreamProcessorDeps } from './stream-processor.ts';
export type { StreamStatus } from './stream-status.ts';
