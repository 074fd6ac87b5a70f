import { type Clock, HOUR_MS, type Rng, SECOND_MS, type Timer } from '../../domain/index.ts';
import { HttpClient, type RequestBudgets } from '../http/index.ts';
import { createKlineClient } from '../price/kline-client.ts';
import { createRpc } from '../rpc/create-rpc.ts';
import { createFearGreedExtractor } from '../sentiment/fear-greed-extractor.ts';
import type { SourceUrls } from '../source-urls.ts';
import { AddressBook, KNOWN_ADDRESSES } from '../whale/address-labels.ts';
import { CANDIDATE_WEI } from '../whale/node-transfers.ts';
import type { CandleStore } from '../whale/price-lookup.ts';
import { isEther, TOKENS } from '../whale/tokens.ts';
import { type ChainEvent, ChainStream } from './chain-stream.ts';
import { connectMarket } from './connect-market.ts';
import { connectNode } from './connect-node.ts';
import { LivePrice, type PriceView } from './live-price.ts';
import type { StreamStore } from './micro-batch.ts';
import { MinuteStream } from './minute-stream.ts';
import { pollStream } from './poll-stream.ts';
import { newStatus, type StreamStatus } from './stream-status.ts';
import type { StreamBackoff } from './supervise-stream.ts';

export interface StreamProcessorDeps {
  readonly store: StreamStore & CandleStore;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly rng: Rng;
  /** Those of the whole process; of these streams alone unless told. */
  readonly budgets?: RequestBudgets | undefined;
  /** What is not configured is not streamed. */
  readonly urls: SourceUrls;
  /** The platform's own unless told. */
  readonly fetch?: typeof fetch;
  /** World seconds per second of process time; 1 unless told. */
  readonly worldSpeed?: () => number;
  /** How far the sources' time may be ahead of ours. */
  readonly toleranceMs?: number;
  readonly silenceMs?: number;
  readonly lagMs?: number;
  readonly stalePriceMs?: number;
  readonly flushMs?: number;
  readonly repairReachMs?: number;
  readonly chainId?: number;
  readonly backoff?: StreamBackoff;
  readonly onEvent?: (event: ChainEvent) => void;
}

const DEFAULTS = {
  toleranceMs: 10 * SECOND_MS,
  silenceMs: 60 * SECOND_MS,
  lagMs: 30 * SECOND_MS,
  stalePriceMs: 15 * SECOND_MS,
  flushMs: 60 * SECOND_MS,
  repairReachMs: 7 * 24 * HOUR_MS,
  chainId: 1,
  backoff: { baseMs: 500, capMs: 60 * SECOND_MS },
};
const SENTIMENT_EVERY_MS = HOUR_MS;
const LARGE_USD = 500_000;
const REQUEST_ATTEMPTS = 3;

/** Every configured stream, running beside whatever else the process does until it is closed. */
export class StreamProcessor {
  readonly #deps: StreamProcessorDeps;
  readonly #price: LivePrice;
  readonly #over = new AbortController();
  readonly #statuses: StreamStatus[] = [];
  #running: Promise<unknown> = Promise.resolve();

  constructor(deps: StreamProcessorDeps) {
    this.#deps = { ...DEFAULTS, ...deps };
    this.#price = new LivePrice(deps.clock, deps.stalePriceMs ?? DEFAULTS.stalePriceMs);
  }

  /** The price as it is told now. */
  get price(): PriceView {
    return this.#price;
  }

  /** How each stream is. */
  get statuses(): readonly Readonly<StreamStatus>[] {
    return this.#statuses;
  }

  /** Starts every stream that is configured. @param onCrash told of an error that no stream expects; it has ended then */
  start(onCrash: (error: unknown) => void): void {
    const { fetch: send = fetch, timer, rng, budgets, urls } = this.#deps;
    const http = new HttpClient({ fetch: send, timer, rng, maxAttempts: REQUEST_ATTEMPTS, ...(budgets && { budgets }) });
    const streams = [this.#minutes(http, urls), this.#chain(http, urls), this.#sentiment(http, urls)];
    this.#running = Promise.all(streams.map((stream) => stream?.catch(onCrash)));
  }

  /** Ends every stream and stores what is left. */
  async close(): Promise<void> {
    this.#over.abort();
    await this.#running;
  }

  #minutes(http: HttpClient, { binance, binanceWs }: SourceUrls): Promise<void> | undefined {
    if (binance === undefined || binanceWs === undefined) return undefined;
    const options = { ...DEFAULTS, ...this.#deps };
    const { silenceMs, lagMs } = options;
    return new MinuteStream(
      {
        ...options,
        connect: connectMarket(binanceWs),
        fetchKlines: createKlineClient(http, binance),
        price: this.#price,
        status: this.#newStatus('price'),
        limits: { silenceMs, lagMs },
      },
      this.#over.signal,
    ).run();
  }

  #chain(http: HttpClient, { rpc, ws }: SourceUrls): Promise<void> | undefined {
    if (rpc === undefined || ws === undefined) return undefined;
    const options = { ...DEFAULTS, ...this.#deps };
    const { timer, chainId, onEvent = () => undefined } = options;
    const tokens = [...TOKENS].filter(([, token]) => isEther(token)).map(([address]) => address);
    return new ChainStream(
      {
        ...options,
        connect: connectNode({ url: ws, timer, chainId, tokens, minWei: CANDIDATE_WEI }),
        rpc: createRpc([rpc].flat(), http, timer, chainId),
        book: new AddressBook(KNOWN_ADDRESSES),
        minValueUsd: LARGE_USD,
        status: this.#newStatus('chain'),
        onEvent,
      },
      this.#over.signal,
    ).run();
  }

  #sentiment(http: HttpClient, { fearGreed }: SourceUrls): Promise<void> | undefined {
    if (fearGreed === undefined) return undefined;
    const { store, clock, timer } = this.#deps;
    const extractor = createFearGreedExtractor(http, fearGreed);
    const status = this.#newStatus('sentiment');
    return pollStream({ extractor, store, clock, timer, status, everyMs: SENTIMENT_EVERY_MS }, this.#over.signal);
  }

  #newStatus(name: string): StreamStatus {
    const status = newStatus(name);
    this.#statuses.push(status);
    return status;
  }
}
