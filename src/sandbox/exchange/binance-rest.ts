import { DAY_MS, HOUR_MS, MINUTE_MS, type Money, money, type TimeMs } from '../../domain/index.ts';
import type { SandboxHandler, SandboxReply, SandboxRequest } from '../servers/http-host.ts';
import type { World } from '../world/world.ts';
import type { WorldClock } from '../world-clock.ts';
import { accountRoutes, type Route } from './account-routes.ts';
import { exchangeInfo } from './binance-shapes.ts';
import { type Exchange, Refusal } from './exchange.ts';
import { checkSigned } from './signatures.ts';

const INTERVALS: Readonly<Record<string, number>> = {
  '1m': MINUTE_MS,
  '5m': 5 * MINUTE_MS,
  '15m': 15 * MINUTE_MS,
  '1h': HOUR_MS,
  '4h': 4 * HOUR_MS,
  '1d': DAY_MS,
};
const SYMBOL = 'ETHUSDT';

/** Binance's spot REST API: market data, and the signed calls of one account. */
export function binanceHandler(world: World, exchange: Exchange, clock: WorldClock): SandboxHandler {
  const now = () => clock.nowMs();
  const open = marketRoutes(world, exchange, now);
  const signed = accountRoutes(exchange, now);
  return (request) => {
    exchange.advanceTo(now());
    const name = `${request.method} ${request.path}`;
    const parameters = new URLSearchParams([...request.query, ...new URLSearchParams(request.body)]);
    try {
      const route = open[name];
      if (route) return ok(route(parameters, request));
      const secured = signed[name];
      if (!secured) return refuse(404, -1, 'Not found');
      checkSignature(request, parameters, now(), clock.speed);
      return ok(secured(parameters, request));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return refuse(error.code === -2015 || error.code === -2014 ? 401 : 400, error.code, error.message);
    }
  };
}

const ok = (body: unknown): SandboxReply => ({ status: 200, body, headers: { 'x-mbx-used-weight-1m': '1' } });
const refuse = (status: number, code: number, msg: string): SandboxReply => ({ status, body: { code, msg } });

/** @throws Refusal -2014, -2015, -1102, -1021, -1022 */
function checkSignature(
  { headers, query, body }: SandboxRequest,
  parameters: URLSearchParams,
  nowMs: TimeMs,
  speed: number,
): void {
  const apiKey = headers['x-mbx-apikey'];
  const timestamp = parameters.get('timestamp');
  const recvWindow = parameters.get('recvWindow');
  checkSigned(
    {
      apiKey: typeof apiKey === 'string' ? apiKey : undefined,
      signature: parameters.get('signature') ?? undefined,
      payload: `${query.toString()}${body}`.replace(/&?signature=[^&]*/, ''),
      timestamp: timestamp === null ? undefined : Number(timestamp),
      recvWindowMs: recvWindow === null ? undefined : Number(recvWindow),
    },
    nowMs,
    speed,
  );
}

function marketRoutes(world: World, exchange: Exchange, now: () => TimeMs): Readonly<Record<string, Route>> {
  const { path } = world;
  const forSymbol =
    (answer: Route): Route =>
    (parameters, request) => {
      const symbol = parameters.get('symbol');
      if (symbol !== null && symbol !== SYMBOL) throw new Refusal(-1121, 'Invalid symbol.');
      return answer(parameters, request);
    };
  const last = () => path.priceAt(now()).toFixed(2);
  const book = () => ({
    symbol: SYMBOL,
    bidPrice: exchange.bid(now()).toFixed(2),
    bidQty: '12.5000',
    askPrice: exchange.ask(now()).toFixed(2),
    askQty: '11.2000',
  });
  const recent = (limit: number) => {
    const endMs = Math.floor(now() / MINUTE_MS) * MINUTE_MS;
    return path.candles(endMs - limit * MINUTE_MS, endMs, MINUTE_MS, endMs);
  };
  return {
    'GET /api/v3/ping': () => ({}),
    'GET /api/v3/time': () => ({ serverTime: now() }),
    'GET /api/v3/exchangeInfo': forSymbol(() => exchangeInfo(now())),
    'GET /api/v3/ticker/price': forSymbol(() => ({ symbol: SYMBOL, price: last() })),
    'GET /api/v3/ticker/bookTicker': forSymbol(book),
    'GET /api/v3/avgPrice': forSymbol(() => ({ mins: 5, price: last(), closeTime: now() })),
    'GET /api/v3/ticker/24hr': forSymbol(() => {
      const candles = path.candles(now() - DAY_MS, now(), HOUR_MS, now());
      const open = candles[0]?.open ?? Number(last());
      const volume = candles.reduce((sum, candle) => sum + candle.volume, 0);
      const { bidPrice, bidQty, askPrice, askQty } = book();
      return {
        symbol: SYMBOL,
        priceChange: (Number(last()) - open).toFixed(2),
        priceChangePercent: (100 * (Number(last()) / open - 1)).toFixed(3),
        weightedAvgPrice: last(),
        prevClosePrice: open.toFixed(2),
        lastPrice: last(),
        lastQty: '0.1000',
        bidPrice,
        bidQty,
        askPrice,
        askQty,
        openPrice: open.toFixed(2),
        highPrice: Math.max(...candles.map(({ high }) => high)).toFixed(2),
        lowPrice: Math.min(...candles.map(({ low }) => low)).toFixed(2),
        volume: volume.toFixed(4),
        quoteVolume: (volume * Number(last())).toFixed(2),
        openTime: now() - DAY_MS,
        closeTime: now(),
        firstId: 0,
        lastId: 1,
        count: 2,
      };
    }),
    'GET /api/v3/depth': forSymbol((parameters) => {
      const levels = Math.min(100, Number(parameters.get('limit') ?? 100));
      const side = (from: Money, step: string) =>
        Array.from({ length: levels }, (_, i) => [from.plus(money(step).times(i)).toFixed(2), '5.0000']);
      return { lastUpdateId: now(), bids: side(exchange.bid(now()), '-0.01'), asks: side(exchange.ask(now()), '0.01') };
    }),
    'GET /api/v3/trades': forSymbol((parameters) =>
      recent(Math.min(1000, Number(parameters.get('limit') ?? 500))).map(({ openTimeMs, close, volume }) => ({
        id: openTimeMs / MINUTE_MS,
        price: close.toFixed(2),
        qty: volume.toFixed(4),
        quoteQty: (volume * close).toFixed(2),
        time: openTimeMs,
        isBuyerMaker: false,
        isBestMatch: true,
      })),
    ),
    'GET /api/v3/aggTrades': forSymbol((parameters) =>
      recent(Math.min(1000, Number(parameters.get('limit') ?? 500))).map(({ openTimeMs, close, volume }) => {
        const id = openTimeMs / MINUTE_MS;
        return { a: id, p: close.toFixed(2), q: volume.toFixed(4), f: id, l: id, T: openTimeMs, m: false, M: true };
      }),
    ),
    'GET /api/v3/klines': forSymbol((parameters) => klines(world, parameters, now())),
  };
}

function klines({ path }: World, parameters: URLSearchParams, nowMs: TimeMs): unknown[] {
  const periodMs = INTERVALS[parameters.get('interval') ?? ''];
  if (!periodMs) throw new Refusal(-1120, 'Invalid interval.');
  const limit = Math.min(1000, Number(parameters.get('limit') ?? 500));
  const endMs = Math.min(nowMs, Number(parameters.get('endTime') ?? nowMs) + 1);
  const startMs = parameters.has('startTime')
    ? Number(parameters.get('startTime'))
    : Math.ceil(endMs / periodMs) * periodMs - limit * periodMs;
  const untilMs = Math.min(endMs, Math.ceil(startMs / periodMs) * periodMs + limit * periodMs);
  return path
    .candles(startMs, untilMs, periodMs, nowMs)
    .map(({ openTimeMs, open, high, low, close, volume }) => [
      openTimeMs,
      open.toFixed(2),
      high.toFixed(2),
      low.toFixed(2),
      close.toFixed(2),
      volume.toFixed(4),
      openTimeMs + periodMs - 1,
      (volume * close).toFixed(2),
      Math.max(1, Math.round(volume)),
      (volume / 2).toFixed(4),
      ((volume * close) / 2).toFixed(2),
      '0',
    ]);
}
