import { AppError, type Rng, SourceError, type Timer } from '../../domain/index.ts';
import { backoffMs } from './backoff.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { readBody, readChunks } from './read-body.ts';
import { checkStatus, describeUrl, isRetryable, notJson, resolveRedirect } from './reply-errors.ts';
import { RequestBudgets } from './source-budget.ts';
import { withDeadline } from './with-deadline.ts';

export interface HttpRequest {
  /** Who is asked: the circuit breaker is shared by all requests to one source, the budget by all to one host. */
  readonly source: string;
  readonly url: string;
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Ends everything, waits included; its reason is what the call rejects with. */
  readonly signal?: AbortSignal;
  /** Largest body after decompression; 64 MiB unless told. */
  readonly maxBytes?: number;
  /** Process time for one try; as the client has it unless told. */
  readonly timeoutMs?: number;
  /** Tries at most; as the client has it unless told. */
  readonly maxAttempts?: number;
  /** What the host counts the request as, of its weight per minute; 1 unless told. */
  readonly weight?: number;
}

export interface HttpDeps {
  readonly fetch: typeof fetch;
  readonly timer: Timer;
  readonly rng: Rng;
  /** Process time for one try of one request, body included. */
  readonly requestTimeoutMs?: number;
  readonly maxAttempts?: number;
  /** Those of the whole process; of this client alone unless told. */
  readonly budgets?: RequestBudgets;
}

const MAX_REDIRECTS = 3;
const DEFAULT_MAX_BYTES = 64 * 1024 * 1024;

/**
 * The only way out: time-out, bounded body, circuit breaker per source and budget per host, retries with full jitter, Retry-After,
 * no redirect to another host. Every failure is a SourceError that names the place without its query.
 */
export class HttpClient {
  readonly #deps: Required<HttpDeps>;
  readonly #breakers = new Map<string, CircuitBreaker>();

  constructor(deps: HttpDeps) {
    this.#deps = { requestTimeoutMs: 10_000, maxAttempts: 10, budgets: new RequestBudgets(deps.timer), ...deps };
  }

  /**
   * A JSON reply through `parse`. What `parse` throws is final, unless it is a SourceError with `details.retryable`.
   * @throws SourceError `http.*`, and what `parse` throws
   */
  async json<T>(request: HttpRequest, parse: (body: unknown) => T): Promise<T> {
    return this.#retry(request, async (response, where) => {
      const text = await readBody(response, request.maxBytes ?? DEFAULT_MAX_BYTES, where);
      return parse(parseJson(text, where));
    });
  }

  /** As `json`, for replies that are no JSON. */
  async text<T>(request: HttpRequest, parse: (text: string) => T | Promise<T>): Promise<T> {
    return this.#retry(request, async (response, where) =>
      parse(await readBody(response, request.maxBytes ?? DEFAULT_MAX_BYTES, where)),
    );
  }

  /** A reply too long to hold: `consume` sees its bytes as they come, from the beginning again on each try. */
  async stream<T>(request: HttpRequest, consume: (chunks: AsyncIterable<Uint8Array>) => Promise<T>): Promise<T> {
    return this.#retry(request, (response, where) => consume(readChunks(response, request.maxBytes ?? DEFAULT_MAX_BYTES, where)));
  }

  async #retry<T>(request: HttpRequest, read: (response: Response, where: string) => Promise<T>): Promise<T> {
    const { timer, rng } = this.#deps;
    const maxAttempts = request.maxAttempts ?? this.#deps.maxAttempts;
    const [budget, breaker] = [this.#deps.budgets.of(request.url), this.#breakerOf(request.source)];
    for (let attempt = 0; ; attempt += 1) {
      const closedInMs = breaker.closedInMs();
      if (closedInMs > 0) throw circuitOpen(request.url, closedInMs);
      try {
        const result = await budget.run(request.signal, () => this.#once(request, read), request.weight);
        breaker.succeeded();
        return result;
      } catch (error) {
        if (request.signal?.aborted) throw request.signal.reason;
        if (!isRetryable(error)) throw error;
        breaker.failed();
        const asked = error instanceof AppError ? error.details.retryAfterMs : undefined;
        if (typeof asked === 'number') budget.pause(asked);
        if (attempt + 1 >= maxAttempts) throw error;
        await timer.sleep(backoffMs(attempt, rng), request.signal);
      }
    }
  }

  async #once<T>(request: HttpRequest, read: (response: Response, where: string) => Promise<T>): Promise<T> {
    const where = describeUrl(request.url);
    const { timer } = this.#deps;
    const timeoutMs = request.timeoutMs ?? this.#deps.requestTimeoutMs;
    const late = () => new SourceError('http.timeout', `${where} did not answer within ${timeoutMs} ms`);
    return withDeadline(timer, timeoutMs, request.signal, late, async (signal) => {
      const response = await this.#follow(request, signal);
      await checkStatus(response, where);
      return read(response, where);
    });
  }

  async #follow(request: HttpRequest, signal: AbortSignal): Promise<Response> {
    let url = request.url;
    for (let hop = 0; ; hop += 1) {
      const response = await this.#send({ ...request, url }, signal);
      const next = resolveRedirect(response, url, hop >= MAX_REDIRECTS);
      if (next === undefined) return response;
      await response.body?.cancel();
      url = next;
    }
  }

  async #send(request: HttpRequest, signal: AbortSignal): Promise<Response> {
    try {
      return await this.#deps.fetch(request.url, {
        method: request.method ?? 'GET',
        headers: { accept: 'application/json', ...request.headers },
        redirect: 'manual',
        signal,
        ...(request.body !== undefined && { body: request.body }),
      });
    } catch (cause) {
      if (signal.aborted) throw signal.reason;
      throw new SourceError('http.unreachable', `${describeUrl(request.url)} cannot be reached`, {
        hint: 'Check the address and the network; a certificate that is not trusted is refused too, unless NODE_EXTRA_CA_CERTS names it.',
        cause,
      });
    }
  }

  #breakerOf(source: string): CircuitBreaker {
    const breaker = this.#breakers.get(source) ?? new CircuitBreaker(this.#deps.timer);
    this.#breakers.set(source, breaker);
    return breaker;
  }
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw notJson(text, where, cause);
  }
}

const circuitOpen = (url: string, closedInMs: number) =>
  new SourceError('http.circuit_open', `${describeUrl(url)} failed too often; it is not asked for ${Math.ceil(closedInMs)} ms`, {
    details: { retryAfterMs: closedInMs },
  });
