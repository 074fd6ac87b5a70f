import { z } from 'zod';
import { DAY_MS, type TimeMs } from '../../domain/index.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { Fill, Order, OrderList } from '../exchange/order.ts';
import { Refusal } from '../exchange/order-rules.ts';
import { checkSigned } from '../exchange/signatures.ts';
import type { WorldClock } from '../world-clock.ts';
import type { SandboxSocket, SocketHandler } from './socket-host.ts';

const SYMBOL = 'ETHUSDT';
const PATH = '/ws-api/v3';
/** As at Binance, a connection is good for a day. */
const CONNECTION_LIFE_MS = DAY_MS;

const requestSchema = z.object({
  id: z.union([z.string(), z.number()]),
  method: z.string(),
  params: z.record(z.string(), z.union([z.string(), z.number()])).default({}),
});

type Request = z.output<typeof requestSchema>;

/**
 * The part of Binance's WebSocket API that tells an account what happens to it: `userDataStream.subscribe.signature`, then
 * `executionReport`, `listStatus` and `outboundAccountPosition` as they happen.
 */
export function binanceUserStream(exchange: Exchange, clock: WorldClock): { handler: SocketHandler; tell: () => void } {
  const open = new Set<Connection>();
  const send = (event: object) => {
    for (const connection of open) connection.event(event);
  };
  exchange.onEvent((order, fill) => {
    send(executionReport(order, fill));
    send(accountPosition(exchange, order.updateTimeMs));
  });
  exchange.lists.onEvent((list) => send(listStatus(list)));
  return {
    handler(socket) {
      const connection = new Connection(socket, clock);
      open.add(connection);
      socket.onClose(() => open.delete(connection));
    },
    tell() {
      exchange.advanceTo(clock.nowMs());
      for (const connection of open) connection.endOfLife(clock.nowMs());
    },
  };
}

class Connection {
  readonly #socket: SandboxSocket;
  readonly #clock: WorldClock;
  readonly #openedMs: TimeMs;
  #isSubscribed = false;

  constructor(socket: SandboxSocket, clock: WorldClock) {
    this.#socket = socket;
    this.#clock = clock;
    this.#openedMs = clock.nowMs();
    socket.onMessage((text) => socket.send(JSON.stringify(this.#answer(text))));
  }

  event(event: object): void {
    if (this.#isSubscribed) this.#socket.send(JSON.stringify({ subscriptionId: 0, event }));
  }

  endOfLife(nowMs: TimeMs): void {
    if (nowMs - this.#openedMs >= CONNECTION_LIFE_MS) this.#socket.close(1001, 'disconnected after 24 hours');
  }

  #answer(text: string): object {
    let id: Request['id'] | null = null;
    try {
      const request = requestSchema.parse(JSON.parse(text));
      id = request.id;
      return { id, status: 200, result: this.#carryOut(request), rateLimits: [] };
    } catch (error) {
      const { code, message } = error instanceof Refusal ? error : new Refusal(-1100, 'Illegal characters found in a parameter.');
      return { id, status: 400, error: { code, msg: message } };
    }
  }

  #carryOut({ method, params }: Request): object {
    if (!this.#socket.path.startsWith(PATH)) throw new Refusal(-1000, 'Not found.');
    switch (method) {
      case 'ping':
        return {};
      case 'time':
        return { serverTime: this.#clock.nowMs() };
      case 'userDataStream.subscribe.signature':
        this.#check(params);
        this.#isSubscribed = true;
        return { subscriptionId: 0 };
      case 'userDataStream.unsubscribe':
        this.#isSubscribed = false;
        return {};
    }
    throw new Refusal(-1000, `Unknown method ${method}.`);
  }

  #check({ signature, ...params }: Request['params']): void {
    const payload = Object.entries(params)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => `${name}=${value}`)
      .join('&');
    const number = (name: string) => (params[name] === undefined ? undefined : Number(params[name]));
    checkSigned(
      {
        apiKey: params.apiKey === undefined ? undefined : String(params.apiKey),
        signature: signature === undefined ? undefined : String(signature),
        payload,
        timestamp: number('timestamp'),
        recvWindowMs: number('recvWindow'),
      },
      this.#clock.nowMs(),
      this.#clock.speed,
    );
  }
}

const NONE = '0.00000000';

function executionReport(order: Order, fill: Fill | undefined) {
  const kind = fill ? 'TRADE' : order.status === 'CANCELED' || order.status === 'EXPIRED' ? order.status : 'NEW';
  const isCancelled = kind === 'CANCELED';
  return {
    e: 'executionReport',
    E: order.updateTimeMs,
    s: SYMBOL,
    c: isCancelled ? `sandbox-cancel${order.orderId}` : order.clientOrderId,
    S: order.side,
    o: order.type,
    f: order.timeInForce,
    q: order.quantity.toFixed(8),
    p: order.price.toFixed(8),
    P: order.stopPrice.toFixed(8),
    F: NONE,
    g: order.list?.orderListId ?? -1,
    C: isCancelled ? order.clientOrderId : '',
    x: kind,
    X: order.status,
    r: 'NONE',
    i: order.orderId,
    l: fill?.quantity.toFixed(8) ?? NONE,
    z: order.executedQuantity.toFixed(8),
    L: fill?.price.toFixed(8) ?? NONE,
    n: fill?.commission.toFixed(8) ?? '0',
    N: fill?.commissionAsset ?? null,
    T: order.updateTimeMs,
    t: fill?.tradeId ?? -1,
    w: order.isTriggered,
    m: false,
    O: order.timeMs,
    Z: order.quoteQuantity.toFixed(8),
    Y: fill ? fill.quantity.times(fill.price).toFixed(8) : NONE,
    Q: NONE,
    V: 'EXPIRE_MAKER',
  };
}

const listStatus = (list: OrderList) => ({
  e: 'listStatus',
  E: list.updateTimeMs,
  s: SYMBOL,
  g: list.orderListId,
  c: 'OCO',
  l: list.status === 'EXECUTING' ? 'EXEC_STARTED' : 'ALL_DONE',
  L: list.status,
  r: 'NONE',
  C: list.listClientOrderId,
  T: list.updateTimeMs,
  O: list.orders.map(({ orderId, clientOrderId }) => ({ s: SYMBOL, i: orderId, c: clientOrderId })),
});

const accountPosition = (exchange: Exchange, atMs: TimeMs) => ({
  e: 'outboundAccountPosition',
  E: atMs,
  u: atMs,
  B: (['ETH', 'USDT'] as const).map((asset) => {
    const { free, locked } = exchange.balance(asset);
    return { a: asset, f: free.toFixed(8), l: locked.toFixed(8) };
  }),
});
