import {
  AppError,
  type Clock,
  type ClosedCandle,
  lastAtOrBefore,
  MINUTE_MS,
  type Rng,
  type SeriesInfo,
  type TimeMs,
  type Timer,
} from '../../domain/index.ts';
import { candleBatch } from '../price/candle-batch.ts';
import type { FetchKlines } from '../price/kline-client.ts';
import { parseKlines } from '../price/parse-klines.ts';
import type { CandleStore } from '../whale/price-lookup.ts';
import type { LivePrice } from './live-price.ts';
import { MicroBatch, type StreamStore } from './micro-batch.ts';
import { MinuteSequence } from './minute-sequence.ts';
import type { MarketMessage } from './parse-market-message.ts';
import type { StreamStatus } from './stream-status.ts';
import { type ConnectStream, type StreamBackoff, superviseStream } from './supervise-stream.ts';
import type { WatchdogLimits } from './watchdog.ts';

const MINUTES: SeriesInfo = {
  dataset: 'price_data',
  series: 'binance:ETHUSDT:1m',
  periodMs: MINUTE_MS,
  volumeUnit: 'eth',
  quote: 'USDT',
};

const SYMBOL = 'ETHUSDT';
const LIMIT = 1_000;
/** A queue as long as this holds the closed minutes of more than two days. */
const QUEUE_CAPACITY = 4_096;
const REPAIR_PAUSE_MS = 5_000;
const REPAIR_TIMEOUT_MS = 60_000;

export interface MinuteStreamDeps {
  readonly connect: ConnectStream<MarketMessage>;
  readonly fetchKlines: FetchKlines;
  readonly store: StreamStore & CandleStore;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly rng: Rng;
  readonly price: LivePrice;
  readonly status: StreamStatus;
  readonly limits: WatchdogLimits;
  readonly backoff: StreamBackoff;
  readonly worldSpeed?: () => number;
  readonly flushMs: number;
  /** A hole at the end of what is stored that is longer than this is left. */
  readonly repairReachMs: number;
  /** How far the exchange's time may be ahead of ours. */
  readonly toleranceMs: number;
}

/**
 * The exchange's minutes, each once and none missing: what the stream does not bring is fetched over REST. Closed minutes
 * drop the oldest where the consumer is slow, and are repaired; forming ones and trades are replaced by the newest.
 */
export class MinuteStream {
  readonly #deps: MinuteStreamDeps;
  readonly #batch: MicroBatch<ClosedCandle>;
  readonly #signal: AbortSignal;
  #minutes: MinuteSequence;
  #repairFromMs = Number.NEGATIVE_INFINITY;

  constructor(deps: MinuteStreamDeps, signal: AbortSignal) {
    const { store, timer, status, flushMs, clock, toleranceMs } = deps;
    this.#deps = deps;
    this.#signal = signal;
    const toBatch = (candles: readonly ClosedCandle[]) => candleBatch(MINUTES, 'binance stream', candles);
    this.#batch = new MicroBatch({ store, timer, status, flushMs, toBatch }, signal);
    this.#minutes = new MinuteSequence(Math.floor(clock.nowMs() / MINUTE_MS) * MINUTE_MS, toleranceMs);
  }

  /** Runs until the signal, then stores what is left. */
  async run(): Promise<void> {
    await this.#resume();
    const { connect, price } = this.#deps;
    const conflateBy = ({ kind }: MarketMessage) => (kind === 'closed' ? undefined : kind);
    const options = { ...this.#deps, queue: { capacity: QUEUE_CAPACITY, conflateBy } };
    for await (const event of superviseStream(connect, options, this.#signal)) {
      // The last minute may not be over at the exchange: it is fetched when the next one is seen to form there.
      if (event.kind === 'up') await this.#repair(this.#nowMinuteMs() - MINUTE_MS);
      else if (event.kind === 'down') price.reset();
      else await this.#take(event.message);
    }
    await this.#batch.flush();
  }

  /** Goes on where the stored minutes end. */
  async #resume(): Promise<void> {
    const { store, clock, repairReachMs, toleranceMs } = this.#deps;
    const nowMs = this.#nowMinuteMs();
    const reachMs = Math.floor((clock.nowMs() - repairReachMs) / MINUTE_MS) * MINUTE_MS;
    const stored = await store.readSeries(MINUTES.dataset, MINUTES.series, { fromMs: reachMs });
    const last = stored ? lastAtOrBefore(stored.endMs, nowMs) : -1;
    if (last >= 0) this.#minutes = new MinuteSequence(Math.max(reachMs, stored!.endMs[last]!), toleranceMs);
  }

  async #take(message: MarketMessage): Promise<void> {
    const { price, status, clock, toleranceMs } = this.#deps;
    price.note(message.price, message.eventMs);
    if (message.kind === 'trade') return;
    const { candle } = message;
    if (!candle.closed) {
      if (candle.openTimeMs <= clock.nowMs() + toleranceMs) await this.#repair(candle.openTimeMs);
      return;
    }
    const verdict = this.#minutes.take(candle, clock.nowMs());
    if (verdict === 'next') await this.#keep([candle]);
    else if (verdict === 'duplicate') status.duplicates += 1;
    else if (verdict === 'future') status.invalid += 1;
    else await this.#repair(candle.closeTimeMs);
  }

  /** Fetches the minutes that are missing up to `untilMs`. What cannot be fetched now stays missing and is asked for again. */
  async #repair(untilMs: TimeMs): Promise<void> {
    const { timer, status } = this.#deps;
    if (untilMs <= this.#minutes.nextMs || timer.elapsedMs() < this.#repairFromMs) return;
    status.repairs += 1;
    try {
      while (this.#minutes.nextMs < untilMs && (await this.#fetchPage(untilMs)) > 0);
    } catch (error) {
      if (this.#signal.aborted) return;
      if (!(error instanceof AppError) && !(error instanceof DOMException)) throw error;
      status.failedRepairs += 1;
      status.problem = error.message;
      this.#repairFromMs = timer.elapsedMs() + REPAIR_PAUSE_MS;
    }
  }

  /** @returns how many minutes came */
  async #fetchPage(untilMs: TimeMs): Promise<number> {
    const { fetchKlines } = this.#deps;
    const startMs = this.#minutes.nextMs;
    const endMs = Math.min(untilMs, startMs + LIMIT * MINUTE_MS);
    const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(REPAIR_TIMEOUT_MS)]);
    const body = await fetchKlines({ symbol: SYMBOL, interval: '1m', startMs, endMs, limit: LIMIT, signal });
    const candles: ClosedCandle[] = [];
    for (const candle of parseKlines(body, MINUTE_MS, untilMs)) {
      if (this.#minutes.take(candle, untilMs) === 'next') candles.push(candle);
    }
    await this.#keep(candles);
    return candles.length;
  }

  async #keep(candles: readonly ClosedCandle[]): Promise<void> {
    await this.#batch.add(candles);
    this.#deps.status.completeUntilMs = this.#minutes.nextMs;
  }

  #nowMinuteMs(): TimeMs {
    return Math.floor(this.#deps.clock.nowMs() / MINUTE_MS) * MINUTE_MS;
  }
}
