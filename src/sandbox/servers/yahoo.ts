import { DAY_MS, HOUR_MS, MINUTE_MS, type TimeMs } from '../../domain/index.ts';
import type { World } from '../world/world.ts';
import type { SandboxHandler, SandboxReply } from './http-host.ts';

const INTERVALS: Readonly<Record<string, { periodMs: number; reachDays: number }>> = {
  '1m': { periodMs: MINUTE_MS, reachDays: 7 },
  '5m': { periodMs: 5 * MINUTE_MS, reachDays: 60 },
  '15m': { periodMs: 15 * MINUTE_MS, reachDays: 60 },
  '60m': { periodMs: HOUR_MS, reachDays: 730 },
  '1h': { periodMs: HOUR_MS, reachDays: 730 },
  '1d': { periodMs: DAY_MS, reachDays: 36_500 },
};
const RANGES: Readonly<Record<string, number>> = {
  '1d': 1,
  '5d': 5,
  '1mo': 30,
  '3mo': 91,
  '6mo': 182,
  '1y': 365,
  '2y': 730,
  '5y': 1_826,
};

/** Yahoo Finance's chart endpoint for ETH-USD. Like the real one it ends with the candle that is still forming. */
export const yahooHandler =
  (world: World, nowMs: () => TimeMs): SandboxHandler =>
  ({ path, query }) => {
    const symbol = decodeURIComponent(/^\/v8\/finance\/chart\/([^/]+)$/.exec(path)?.[1] ?? '');
    if (symbol === '') return failure(404, 'Not Found', 'No such path');
    if (symbol !== 'ETH-USD') return failure(404, 'Not Found', 'No data found, symbol may be delisted');
    const interval = query.get('interval') ?? '1d';
    const known = INTERVALS[interval];
    if (!known) return failure(422, 'Unprocessable Entity', `Invalid input - interval=${interval} is not supported`);
    const now = nowMs();
    const days = RANGES[query.get('range') ?? ''];
    const toMs = Math.min(now, days === undefined ? seconds(query.get('period2'), now) : now);
    const fromMs = days === undefined ? seconds(query.get('period1'), now - DAY_MS) : now - days * DAY_MS;
    if (fromMs < now - known.reachDays * DAY_MS) {
      return failure(
        422,
        'Unprocessable Entity',
        `${interval} data not available for startTime=${fromMs / 1000}. The requested range must be within the last ${known.reachDays} days.`,
      );
    }
    return chart(world, interval, known.periodMs, fromMs, toMs, now);
  };

const seconds = (text: string | null, otherwise: TimeMs): TimeMs =>
  text === null || !Number.isFinite(Number(text)) ? otherwise : Number(text) * 1000;

const failure = (status: number, code: string, description: string): SandboxReply => ({
  status,
  body: { chart: { result: null, error: { code, description } } },
});

function chart(world: World, interval: string, periodMs: number, fromMs: TimeMs, toMs: TimeMs, now: TimeMs): SandboxReply {
  const candles = world.dollarCandles(Math.floor(fromMs / periodMs) * periodMs, toMs, periodMs, now);
  const last = candles.at(-1);
  const startS = Math.floor(now / DAY_MS) * 86_400;
  const session = { timezone: 'UTC', start: startS, end: startS + 86_340, gmtoffset: 0 };
  const price = last?.close ?? world.path.priceAt(now);
  const result = {
    meta: {
      currency: 'USD',
      symbol: 'ETH-USD',
      exchangeName: 'CCC',
      fullExchangeName: 'CCC',
      instrumentType: 'CRYPTOCURRENCY',
      firstTradeDate: Math.floor(world.path.firstMs / 1000),
      regularMarketTime: Math.floor(now / 1000),
      hasPrePostMarketData: false,
      gmtoffset: 0,
      timezone: 'UTC',
      exchangeTimezoneName: 'UTC',
      regularMarketPrice: price,
      fiftyTwoWeekHigh: price,
      fiftyTwoWeekLow: price,
      regularMarketDayHigh: last?.high ?? price,
      regularMarketDayLow: last?.low ?? price,
      regularMarketVolume: Math.round((last?.volume ?? 0) * price),
      longName: 'Ethereum USD',
      shortName: 'Ethereum USD',
      chartPreviousClose: candles[0]?.open ?? price,
      priceHint: 2,
      currentTradingPeriod: { pre: { ...session, end: startS }, regular: session, post: { ...session, start: startS + 86_340 } },
      dataGranularity: interval,
      range: '',
      validRanges: Object.keys(RANGES),
    },
    timestamp: candles.map(({ openTimeMs }) => openTimeMs / 1000),
    indicators: {
      quote: [
        {
          open: candles.map(({ open }) => open),
          high: candles.map(({ high }) => high),
          low: candles.map(({ low }) => low),
          close: candles.map(({ close }) => close),
          volume: candles.map(({ volume, close }) => Math.round(volume * close)),
        },
      ],
      ...(periodMs === DAY_MS && { adjclose: [{ adjclose: candles.map(({ close }) => close) }] }),
    },
  };
  return { status: 200, body: { chart: { result: [result], error: null } } };
}
