import type { Collection, FlattenReply, HaltReply, PushReply, Reply, TicketReply, TransferReply } from '../server/replies.ts';

export interface ApiClientOptions {
  /** Where the daemon serves, as `ets run` prints it: `http://127.0.0.1:8080`. */
  readonly url: string;
  /** `ETS_API_TOKEN`; without it nothing can be changed. */
  readonly token?: string;
  /** Instead of the global one. */
  readonly fetch?: typeof fetch;
}

/** The daemon refused a request, or could not follow it. */
export class ApiError extends Error {
  readonly status: number;
  /** As in docs/errors.md. */
  readonly code: string;
  readonly hint: string | undefined;

  constructor(status: number, { code, message, hint }: { code?: string; message?: string; hint?: string | undefined }) {
    super(message ?? `the API answered ${status}`);
    this.name = 'ApiError';
    this.status = status;
    this.code = code ?? 'unexpected';
    this.hint = hint;
  }
}

/** A row that is pushed: names and plain values. */
export type Row = Readonly<Record<string, string | number | boolean | null>>;

/**
 * The daemon's API, typed. It needs nothing but `fetch`, so it runs in Node, Deno, Bun and browsers of the same origin.
 * Every method rejects with `ApiError` where the daemon says no, and with what `fetch` throws where nobody answers.
 */
export class ApiClient {
  readonly #url: string;
  readonly #token: string | undefined;
  readonly #fetch: typeof fetch;

  constructor({ url, token, fetch: given }: ApiClientOptions) {
    this.#url = url.replace(/\/$/, '');
    this.#token = token;
    this.#fetch = given ?? ((input, init) => fetch(input, init));
  }

  /** Reads one collection; of a list the newest `limit` entries, newest last. */
  read<What extends Collection>(what: What, limit?: number): Promise<Reply<What>> {
    return this.#ask(`/api/v1/${what}${limit === undefined ? '' : `?limit=${limit}`}`) as Promise<Reply<What>>;
  }

  /** Health of every part, jobs and streams. */
  status(): Promise<Reply<'status'>> {
    return this.read('status');
  }

  decisions(limit?: number): Promise<Reply<'decisions'>> {
    return this.read('decisions', limit);
  }

  orders(limit?: number): Promise<Reply<'orders'>> {
    return this.read('orders', limit);
  }

  trades(limit?: number): Promise<Reply<'trades'>> {
    return this.read('trades', limit);
  }

  position(): Promise<Reply<'positions'>> {
    return this.read('positions');
  }

  equity(limit?: number): Promise<Reply<'equity'>> {
    return this.read('equity', limit);
  }

  /** No new risk from now on. */
  halt(why: string): Promise<HaltReply> {
    return this.#ask('/api/v1/halt', { why }) as Promise<HaltReply>;
  }

  resume(): Promise<HaltReply> {
    return this.#ask('/api/v1/resume', {}) as Promise<HaltReply>;
  }

  /** Halts, cancels what is open, sells what is held. */
  flatten(): Promise<FlattenReply> {
    return this.#ask('/api/v1/flatten', {}) as Promise<FlattenReply>;
  }

  /** Books money or Ether that was given by hand or, negative, taken. */
  transfer(request: { asset?: 'USDT' | 'ETH'; amount: string; requestId?: string }): Promise<TransferReply> {
    return this.#ask('/api/v1/transfer', request) as Promise<TransferReply>;
  }

  /** Pushes rows of a dataset; they are validated like any other. */
  push(dataset: string, rows: readonly Row[]): Promise<PushReply> {
    return this.#ask(`/api/v1/data/${encodeURIComponent(dataset)}`, rows) as Promise<PushReply>;
  }

  /**
   * Where the event stream is opened, with a one-time ticket where there is a token: for `new WebSocket(...)`.
   * @param afterId the last event that was seen: what was missed since comes first
   */
  async streamUrl(afterId?: number): Promise<string> {
    const url = new URL(`${this.#url}/api/v1/stream`);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    if (afterId !== undefined) url.searchParams.set('after', `${afterId}`);
    if (this.#token !== undefined) {
      const { ticket } = (await this.#ask('/api/v1/stream-ticket', {})) as TicketReply;
      url.searchParams.set('ticket', ticket);
    }
    return url.href;
  }

  async #ask(path: string, body?: unknown): Promise<unknown> {
    const reply = await this.#fetch(`${this.#url}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(this.#token !== undefined && { authorization: `Bearer ${this.#token}` }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const answer = (await reply.json().catch(() => ({}))) as { error?: { code?: string; message?: string; hint?: string } };
    if (!reply.ok) throw new ApiError(reply.status, answer.error ?? {});
    return answer;
  }
}
