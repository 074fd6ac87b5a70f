import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ManualClock } from '../../domain/index.ts';
import { SimulatedVenue } from './simulated-venue.contract.ts';

export interface LoopbackRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface LoopbackReply {
  readonly status: number;
  readonly body: unknown;
}

/** Thrown where the reply shall never come. */
export class Cut extends Error {}

/** Thrown where a request is answered with another status than 200. */
export class Refused extends Error {
  readonly reply: LoopbackReply;

  constructor(status: number, body: unknown) {
    super(String(status));
    this.reply = { status, body };
  }
}

/** A loopback server that speaks one exchange's REST for a simulated venue, signatures enforced. */
export abstract class VenueLoopback {
  readonly venue: SimulatedVenue;
  readonly clock: ManualClock;
  /** How far the server's clock is ahead. */
  skewMs = 0;
  /** Answers every order request with this instead of the truth; the request is carried out if `carried`. */
  orderFault: { readonly status: number; readonly body: string; readonly carried: boolean } | undefined;
  /** Method and path of each request. */
  readonly requests: string[] = [];
  readonly #server = createServer((request, response) => {
    void this.#serve(request)
      .catch((error: unknown) => {
        if (error instanceof Refused) return error.reply;
        throw error;
      })
      .then(({ status, body }) => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(typeof body === 'string' ? body : JSON.stringify(body));
      })
      .catch(() => request.socket.destroy());
  });

  constructor(clock: ManualClock, capitalUsd: string, venue = new SimulatedVenue(clock, capitalUsd)) {
    this.clock = clock;
    this.venue = venue;
  }

  nowMs(): number {
    return this.clock.nowMs() + this.skewMs;
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  protected abstract answer(request: LoopbackRequest): Promise<unknown>;
  protected abstract takesOrders(request: LoopbackRequest): boolean;

  async #serve(incoming: IncomingMessage): Promise<LoopbackReply> {
    const body = Buffer.concat(await incoming.toArray()).toString();
    const url = new URL(incoming.url ?? '/', 'http://localhost');
    const { method = '', headers } = incoming;
    const request = { method, path: url.pathname, query: url.searchParams, headers, body };
    this.requests.push(`${method} ${url.pathname}`);
    if (!this.takesOrders(request)) return { status: 200, body: await this.answer(request) };
    const fault = this.orderFault;
    if (fault !== undefined && !fault.carried) return fault;
    const reply = await this.answer(request);
    return fault ?? { status: 200, body: reply };
  }
}
