import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../domain/index.ts';
import { usdmTrades } from './binance-usdm-trades.ts';

/** An account's history as the exchange tells it: ascending, one page, at most seven days at once. */
function historyOf(times: readonly number[]) {
  const asked: { startTime: number; endTime: number }[] = [];
  const trades = times.map((time, i) => ({
    id: i,
    orderId: 7,
    side: i % 2 === 0 ? 'SELL' : 'BUY',
    price: '2000',
    qty: '0.5',
    time,
  }));
  return {
    asked,
    async fapiPrivateGetUserTrades(parameters: object): Promise<unknown> {
      const { startTime, endTime, limit } = parameters as { startTime: number; endTime: number; limit: number };
      asked.push({ startTime, endTime });
      return trades.filter(({ time }) => time >= startTime && time <= endTime).slice(0, limit);
    },
  };
}

const read = (api: ReturnType<typeof historyOf>, fromMs: number, toMs: number) => usdmTrades(api, 'ETHUSDT', { fromMs, toMs });

describe('usdmTrades', () => {
  it('reads weeks in pieces of less than seven days, each trade once, at their edges too', async () => {
    const times = [0, 6 * DAY_MS - 1, 6 * DAY_MS, 6 * DAY_MS + 1, 12 * DAY_MS, 20 * DAY_MS];
    const api = historyOf(times);
    const trades = await read(api, 0, 20 * DAY_MS);
    expect(trades.map(({ atMs }) => atMs)).toEqual(times);
    expect(trades[0]).toEqual({ tradeId: '0', venueOrderId: '7', side: 'sell', quantity: '0.5', priceUsd: '2000', atMs: 0 });
    expect(trades[1]?.side).toBe('buy');
    expect(api.asked.every(({ startTime, endTime }) => endTime - startTime < 7 * DAY_MS)).toBe(true);
  });

  it('reads full pages on, also where several trades are of one time', async () => {
    const times = Array.from({ length: 2_500 }, (_, i) => Math.floor(i / 3));
    const trades = await read(historyOf(times), 0, DAY_MS);
    expect(trades).toHaveLength(2_500);
    expect(new Set(trades.map(({ tradeId }) => tradeId)).size).toBe(2_500);
  });

  it('does not go on for ever where a page of one time is full, nor says that this is all', async () => {
    await expect(read(historyOf(Array.from({ length: 1_001 }, () => 5)), 0, DAY_MS)).rejects.toThrow('more trades');
  });

  it('asks once where nothing was traded, and leaves out what was before', async () => {
    const api = historyOf([10]);
    expect(await read(api, 20, 30)).toEqual([]);
    expect(api.asked).toHaveLength(1);
  });

  it('does not take a reply that says no side', async () => {
    const api = { fapiPrivateGetUserTrades: async () => [{ id: 1, orderId: 1, price: '1', qty: '1', time: 1 }] };
    await expect(usdmTrades(api, 'ETHUSDT', { fromMs: 0, toMs: 1 })).rejects.toThrow();
  });
});
