import { describe, expect, it } from 'vitest';
import { type ClosedCandle, DAY_MS, HOUR_MS, MINUTE_MS, systemTimer } from '../../domain/index.ts';
import { HttpClient } from '../http/index.ts';
import { describeParser } from '../parser.contract.ts';
import { hasRecordedReplies, readRecorded } from '../recorded-replies.fixture.ts';
import { parseChart } from './parse-chart.ts';
import { parseKlines } from './parse-klines.ts';
import { createYahooClient } from './yahoo-client.ts';

const NOW = Date.UTC(2024, 0, 5, 12, 30);
const DAY = Date.UTC(2024, 0, 5);
const hours = Array.from({ length: 13 }, (_, i) => DAY + i * HOUR_MS);
const chart = {
  meta: { symbol: 'ETH-USD', currency: 'USD' },
  timestamp: hours.map((at) => at / 1_000),
  indicators: {
    quote: [
      {
        open: hours.map((_, i) => 100 + i),
        high: hours.map((_, i) => 110 + i),
        low: hours.map((_, i) => 90 + i),
        close: hours.map((_, i) => (i === 3 ? null : 105 + i)),
        volume: hours.map((_, i) => (i === 4 ? null : 1_000)),
      },
    ],
  },
};
const klines = hours.map((at, i) => [
  at,
  `${100 + i}.5`,
  '120.0',
  '90.0',
  '110.0',
  '12.25',
  at + HOUR_MS - 1,
  '1',
  2,
  '3',
  '4',
  '0',
]);

const checkCandles = (candles: readonly ClosedCandle[]) => {
  for (const [i, candle] of candles.entries()) {
    expect(candle.openTimeMs % HOUR_MS).toBe(0);
    expect(candle.closeTimeMs).toBeLessThanOrEqual(NOW);
    for (const value of [candle.open, candle.high, candle.low, candle.close]) expect(Number.isFinite(value)).toBe(true);
    if (i > 0) expect(candle.openTimeMs).toBeGreaterThan(candles[i - 1]!.openTimeMs);
  }
};

describe('parseChart', () => {
  it('leaves out the forming candle and rows without a trade', () => {
    const candles = parseChart(chart, HOUR_MS, NOW, 'ETH-USD');
    expect(candles.map(({ openTimeMs }) => (openTimeMs - DAY) / HOUR_MS)).toEqual([0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(candles[0]).toEqual({
      openTimeMs: DAY,
      closeTimeMs: DAY + HOUR_MS,
      open: 100,
      high: 110,
      low: 90,
      close: 105,
      volume: 1_000,
      closed: true,
    });
    expect(candles[3]!.volume).toBeNaN();
  });

  it('names the path that is wrong', () => {
    const broken = structuredClone(chart) as { indicators: { quote: { close: unknown[] }[] } };
    broken.indicators.quote[0]!.close[5] = 'high';
    expect(() => parseChart(broken, HOUR_MS, NOW, 'ETH-USD')).toThrow(
      expect.objectContaining({
        code: 'yahoo.reply_invalid',
        details: expect.objectContaining({ path: 'indicators.quote.0.close.5' }),
      }),
    );
  });

  it('refuses a reply about something else', () => {
    expect(() => parseChart(chart, HOUR_MS, NOW, 'BTC-USD')).toThrow(expect.objectContaining({ code: 'yahoo.wrong_symbol' }));
  });
});

describe('parseKlines', () => {
  it('reads decimals and leaves out the forming candle', () => {
    const candles = parseKlines(klines, HOUR_MS, NOW);
    expect(candles).toHaveLength(12);
    expect(candles[1]).toMatchObject({ open: 101.5, high: 120, low: 90, close: 110, volume: 12.25, closed: true });
  });

  it('refuses time that runs backwards', () => {
    expect(() => parseKlines([...klines].reverse(), HOUR_MS, NOW)).toThrow(
      expect.objectContaining({ code: 'binance.reply_invalid' }),
    );
  });
});

describeParser({
  name: 'parseChart',
  parse: (body) => parseChart(body, HOUR_MS, NOW, 'ETH-USD'),
  reply: chart,
  check: checkCandles,
});
describeParser({ name: 'parseKlines', parse: (body) => parseKlines(body, HOUR_MS, NOW), reply: klines, check: checkCandles });

describe.skipIf(!hasRecordedReplies)('recorded replies of price services (skipped where they are absent)', () => {
  it('reads a Yahoo reply through the real client', async () => {
    const recorded = readRecorded('yahoo/chart-BTC-USD-2020-01-01-to-2020-01-03.json') as { response: { bodyJson: unknown } };
    const asked: string[] = [];
    const fetchRecorded: typeof fetch = async (url) => {
      asked.push(String(url));
      return Response.json(recorded.response.bodyJson);
    };
    const http = new HttpClient({ fetch: fetchRecorded, timer: systemTimer, rng: () => 0 });
    const { signal } = new AbortController();
    const day = Date.UTC(2020, 0, 1);
    const query = { symbol: 'BTC-USD', interval: '1d', startMs: day, endMs: day + 2 * DAY_MS, signal } as const;
    const result = await createYahooClient(http, 'http://127.0.0.1:9/yahoo/')(query);
    const candles = parseChart(result, DAY_MS, NOW, 'BTC-USD');
    expect(candles.map(({ close }) => Math.round(close))).toEqual([7200, 6985, 7345]);
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatch(/^http:\/\/127\.0\.0\.1:9\/yahoo\/v8\/finance\/chart\/BTC-USD\?.*interval=1d.*period1=1577836800/);
  });

  it('reads Binance klines', () => {
    const candles = parseKlines(readRecorded('binance/recorded/http_spot_market_klines.json'), MINUTE_MS, NOW);
    expect(candles.length).toBeGreaterThan(1);
    expect(candles[0]).toMatchObject({ openTimeMs: 1634943780000, open: 60685.22, close: 60719.27, volume: 21.63272 });
  });
});
