import { type Clock, ExchangeError, type Rng, type TimeMs, type Timer } from '../../domain/index.ts';
import type { ConnectUserStream, UserStreamSink } from './connect-user-stream.ts';

/** How the stream of the account's events is, and what it has met since it began. */
export interface UserStreamStatus {
  readonly name: 'user';
  state: 'connecting' | 'up' | 'down';
  /** World time of the newest event, null before the first. */
  lastEventMs: TimeMs | null;
  /** World time at which the exchange last said anything, a pong included. */
  lastHeardMs: TimeMs | null;
  messages: number;
  /** Messages that could not be read; they are left out. */
  invalid: number;
  /** Executions that were told a second time. */
  duplicates: number;
  connections: number;
  /** Why it is not up, or what the last trouble was. */
  problem: string | null;
}

/** What is done with what the stream says. The exchange's REST replies stay the truth: an event only asks for a look. */
export interface UserStreamListener {
  /** Events may have been missed until now: everything has to be compared. */
  gap(): void | Promise<void>;
  /** Something happened to this order. */
  order(clientOrderId: string): void | Promise<void>;
}

export interface UserStreamParts {
  readonly connect: ConnectUserStream;
  readonly listener: UserStreamListener;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly rng: Rng;
}

/** Full jitter over a span that doubles, in process time. */
const BACKOFF_BASE_MS = 500;
const BACKOFF_CAP_MS = 60_000;
/** Executions that are remembered, to know one that is told again. */
const REMEMBERED = 1_000;

/** Listens for as long as it is open: connects again after every end, and says each time that there was a gap. */
export class UserStream {
  readonly status: UserStreamStatus = {
    name: 'user',
    state: 'connecting',
    lastEventMs: null,
    lastHeardMs: null,
    messages: 0,
    invalid: 0,
    duplicates: 0,
    connections: 0,
    problem: null,
  };
  readonly #parts: UserStreamParts;
  readonly #over = new AbortController();
  readonly #seen = new Set<string>();
  /** Orders that wait for their look, each once. */
  readonly #waiting = new Set<string>();
  #looking: Promise<void> | undefined;
  #running: Promise<void> | undefined;
  #onError: (error: unknown) => void = () => undefined;

  constructor(parts: UserStreamParts) {
    this.#parts = parts;
  }

  /** Begins to listen. @param onError told of every error that is none of the connection's: the journal, an invariant */
  start(onError: (error: unknown) => void): void {
    this.#onError = onError;
    this.#running ??= this.#run().catch(onError);
  }

  async close(): Promise<void> {
    this.#over.abort();
    await this.#running;
    await this.#looking;
  }

  async #run(): Promise<void> {
    const { timer, rng, listener } = this.#parts;
    const { signal } = this.#over;
    for (let attempt = 0; !signal.aborted; attempt++) {
      this.status.state = 'connecting';
      const messages = this.status.messages;
      try {
        await this.#connection(async () => listener.gap());
      } catch (error) {
        if (!(error instanceof ExchangeError)) throw error;
        if (!signal.aborted) this.status.problem = error.message;
      }
      this.status.state = 'down';
      if (this.status.messages > messages) attempt = 0;
      await timer.sleep(rng() * Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** attempt), signal).catch(() => undefined);
    }
  }

  /** From one connection's beginning to its end, which is always an error. */
  async #connection(isUp: () => Promise<void>): Promise<void> {
    let close: (() => void) | undefined;
    try {
      await new Promise<never>((_, reject) => {
        const up = async () => {
          close = await this.#parts.connect(this.#sink(reject), this.#over.signal);
          this.status.state = 'up';
          this.status.connections += 1;
          this.status.problem = null;
          this.#heard();
          await isUp();
        };
        up().catch(reject);
      });
    } finally {
      close?.();
    }
  }

  #heard(): void {
    this.status.lastHeardMs = this.#parts.clock.nowMs();
  }

  #sink(fail: (error: ExchangeError) => void): UserStreamSink {
    return {
      heard: () => this.#heard(),
      refuse: () => {
        this.status.invalid += 1;
      },
      fail,
      push: (message) => {
        this.status.messages += 1;
        this.status.lastEventMs = Math.max(this.status.lastEventMs ?? 0, message.atMs);
        if (message.kind === 'order' && !this.#isRepeated(message.tradeId)) this.#look([message.clientOrderId]);
        if (message.kind === 'list' && message.isOver) this.#look(message.clientOrderIds);
      },
    };
  }

  #isRepeated(tradeId: string | null): boolean {
    if (tradeId === null) return false;
    if (this.#seen.has(tradeId)) {
      this.status.duplicates += 1;
      return true;
    }
    this.#seen.add(tradeId);
    const [oldest] = this.#seen;
    if (this.#seen.size > REMEMBERED && oldest !== undefined) this.#seen.delete(oldest);
    return false;
  }

  /** One look at a time; what comes meanwhile waits, and an order that waits already is looked at once. */
  #look(clientOrderIds: readonly string[]): void {
    for (const id of clientOrderIds) this.#waiting.add(id);
    this.#looking ??= this.#lookAtAll().finally(() => {
      this.#looking = undefined;
    });
  }

  async #lookAtAll(): Promise<void> {
    for (;;) {
      const [id] = this.#waiting;
      if (id === undefined || this.#over.signal.aborted) return;
      this.#waiting.delete(id);
      try {
        await this.#parts.listener.order(id);
      } catch (error) {
        this.#onError(error);
      }
    }
  }
}
