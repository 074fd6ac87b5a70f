import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * What happens to requests on the way to an exchange and back. 429: refused for load. 500: an error of its server.
 * malformed: a reply that cannot be read. hang: no reply. latency: a late one. cut: a reply that breaks off.
 */
export const LINE_FAULTS = ['429', '500', 'malformed', 'hang', 'latency', 'cut'] as const;
export type LineFault = (typeof LINE_FAULTS)[number];

interface Reply {
  readonly status: number;
  readonly body: Buffer;
}

const LATENCY_MS = 40;
/** Of signed requests, every so many-th meets the fault; at every other one of them the exchange has acted all the same. */
const EVERY = 3;

/** A line to a server on loopback that fails at every third request about the account or its orders. */
export class FaultyLine {
  /** Absent: everything gets through. */
  fault: LineFault | undefined;
  #requests = 0;
  #faults = 0;
  readonly #target: string;
  readonly #server = createServer((incoming, response) => {
    this.#serve(incoming, response).catch(() => incoming.socket.destroy());
  });

  constructor(target: string) {
    this.#target = target;
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = Buffer.concat(await incoming.toArray());
    const isSigned = incoming.headers['x-mbx-apikey'] !== undefined;
    const { fault } = this;
    if (fault === undefined || !isSigned || ++this.#requests % EVERY !== 0) {
      const { status, body: reply } = await this.#forward(incoming, body);
      response.writeHead(status, JSON_TYPE).end(reply);
      return;
    }
    const isCarried = fault === 'malformed' || fault === 'latency' || (fault !== '429' && ++this.#faults % 2 === 0);
    const reply = isCarried ? await this.#forward(incoming, body) : undefined;
    if (fault === '429') response.writeHead(429, { ...JSON_TYPE, 'retry-after': '0' }).end('{"code":-1003,"msg":"Too many."}');
    if (fault === '500') response.writeHead(500, JSON_TYPE).end('{}');
    if (fault === 'malformed') response.writeHead(200, JSON_TYPE).end('{"orderId":');
    if (fault === 'latency' && reply) setTimeout(() => response.writeHead(reply.status, JSON_TYPE).end(reply.body), LATENCY_MS);
    if (fault === 'cut') {
      response.writeHead(200, { ...JSON_TYPE, 'content-length': '1000' }).write('{"orderId":');
      setTimeout(() => incoming.socket.destroy(), 1);
    }
  }

  #forward({ method, url, headers }: IncomingMessage, body: Buffer): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const outgoing = request(new URL(url ?? '/', this.#target), { method, headers }, (response) => {
        response.toArray().then((parts) => resolve({ status: response.statusCode ?? 500, body: Buffer.concat(parts) }), reject);
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }
}

const JSON_TYPE = { 'content-type': 'application/json' };
