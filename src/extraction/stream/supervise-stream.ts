import { AppError, type Clock, type Rng, SourceError, type TimeMs, type Timer } from '../../domain/index.ts';
import { withDeadline } from '../http/index.ts';
import { BoundedQueue, type QueueOptions } from './bounded-queue.ts';
import type { StreamStatus } from './stream-status.ts';
import { Watchdog, type WatchdogLimits } from './watchdog.ts';

/** What a transport gives its messages to. */
export interface StreamSink<Message> {
  /** A message that tells of `eventMs`. */
  push(message: Message, eventMs: TimeMs): void;
  /** One that cannot be read. Too many in a row end the connection. */
  refuse(error: unknown): void;
  /** The connection is over. */
  fail(error: unknown): void;
}

/**
 * Opens one connection: resolves when it is subscribed, to what closes it. `signal` ends the attempt.
 * @throws SourceError
 */
export type ConnectStream<Message> = (sink: StreamSink<Message>, signal: AbortSignal) => Promise<() => void>;

/** What the consumer of a stream sees. Between `up` and `down` nothing is missing but what its queue had to drop. */
export type StreamEvent<Message> =
  | { readonly kind: 'up' }
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'down'; readonly why: string };

export interface SuperviseOptions<Message> {
  readonly clock: Clock;
  readonly timer: Timer;
  readonly rng: Rng;
  readonly status: StreamStatus;
  readonly queue: QueueOptions<Message>;
  readonly limits: WatchdogLimits;
  readonly worldSpeed?: () => number;
  readonly backoff: StreamBackoff;
}

/** Full jitter over a span that doubles, in process time. */
export interface StreamBackoff {
  readonly baseMs: number;
  readonly capMs: number;
}

const CONNECT_TIMEOUT_MS = 10_000;
const WATCH_EVERY_MS = 1_000;
const MAX_INVALID_IN_A_ROW = 100;

/** Connects, watches and connects again, until `signal`. Each connection begins with an empty queue. */
export async function* superviseStream<Message>(
  connect: ConnectStream<Message>,
  options: SuperviseOptions<Message>,
  signal: AbortSignal,
): AsyncGenerator<StreamEvent<Message>> {
  const { timer, rng, status, backoff } = options;
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    status.state = 'connecting';
    const connection = new SupervisedConnection(connect, options);
    try {
      await connection.open(signal);
      status.state = 'up';
      yield { kind: 'up' };
      for await (const message of connection.queue) {
        attempt = 0;
        status.problem = null;
        status.queued = connection.queue.size;
        yield { kind: 'message', message };
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof AppError)) throw error;
      status.problem = error.message;
    } finally {
      connection.close();
      status.state = 'down';
      status.queued = 0;
    }
    yield { kind: 'down', why: status.problem ?? 'the connection ended' };
    await timer.sleep(rng() * Math.min(backoff.capMs, backoff.baseMs * 2 ** attempt), signal).catch(() => undefined);
  }
}

class SupervisedConnection<Message> {
  readonly queue: BoundedQueue<Message>;
  readonly #connect: ConnectStream<Message>;
  readonly #options: SuperviseOptions<Message>;
  readonly #over = new AbortController();
  #close: (() => void) | undefined;

  constructor(connect: ConnectStream<Message>, options: SuperviseOptions<Message>) {
    this.queue = new BoundedQueue(options.queue);
    this.#connect = connect;
    this.#options = options;
  }

  /** @throws SourceError `stream.connect_timeout`, and what the transport throws */
  async open(signal: AbortSignal): Promise<void> {
    const { clock, timer, limits, worldSpeed, status } = this.#options;
    const watchdog = new Watchdog(clock, timer, limits, worldSpeed);
    signal.addEventListener('abort', () => this.queue.end(signal.reason), { once: true, signal: this.#over.signal });
    const late = () => new SourceError('stream.connect_timeout', `${status.name}: no connection within ${CONNECT_TIMEOUT_MS} ms`);
    this.#close = await withDeadline(timer, CONNECT_TIMEOUT_MS, signal, late, (attempt) =>
      this.#connect(this.#sink(watchdog), attempt),
    );
    status.connections += 1;
    void this.#watch(watchdog);
  }

  close(): void {
    this.#over.abort();
    this.#close?.();
    const { status } = this.#options;
    status.dropped += this.queue.dropped;
    status.conflated += this.queue.conflated;
  }

  #sink(watchdog: Watchdog): StreamSink<Message> {
    const { status } = this.#options;
    let invalidInARow = 0;
    return {
      push: (message, eventMs) => {
        invalidInARow = 0;
        status.messages += 1;
        status.lastEventMs = Math.max(status.lastEventMs ?? eventMs, eventMs);
        watchdog.note(eventMs);
        this.queue.push(message);
        status.queued = this.queue.size;
      },
      refuse: (error) => {
        status.invalid += 1;
        invalidInARow += 1;
        if (invalidInARow > MAX_INVALID_IN_A_ROW) this.queue.end(error);
      },
      fail: (error) => this.queue.end(error),
    };
  }

  async #watch(watchdog: Watchdog): Promise<void> {
    const { timer, status, limits } = this.#options;
    const { signal } = this.#over;
    for (;;) {
      await timer.sleep(WATCH_EVERY_MS, signal).catch(() => undefined);
      if (signal.aborted) return;
      const verdict = watchdog.verdict();
      if (verdict === 'alive') continue;
      this.queue.end(
        verdict === 'silent'
          ? new SourceError('stream.silent', `${status.name}: nothing came for ${limits.silenceMs} ms`)
          : new SourceError('stream.lagging', `${status.name}: messages are more than ${limits.lagMs} ms late`, {
              hint: "The network is slow, or this machine's clock is wrong.",
            }),
      );
      this.#close?.();
      return;
    }
  }
}
