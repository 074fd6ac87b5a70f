import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRng, ManualClock, money, systemTimer } from '../src/domain/index.ts';
import { HttpClient, RequestBudgets } from '../src/extraction/index.ts';
import { BinanceLoopback, KEY, SECRET } from '../src/trading/brokers/binance-loopback.contract.ts';
import { ManualTimer } from '../src/trading/brokers/manual-timer.contract.ts';
import { BINANCE_ETHUSDT_FILTERS, CcxtBroker, makeIntent } from '../src/trading/index.ts';

const START = 1_700_000_000_000;

let server: BinanceLoopback;
let baseUrl: string;
let timer: ManualTimer;
let budgets: RequestBudgets;
let broker: CcxtBroker;
beforeEach(async () => {
  const clock = new ManualClock(START);
  server = new BinanceLoopback(clock, '10000');
  baseUrl = await server.listen();
  timer = new ManualTimer();
  budgets = new RequestBudgets(timer);
  const keys = { apiKey: KEY, secret: SECRET };
  broker = await CcxtBroker.open({ ...keys, baseUrl, clock, timer, budgets, requestTimeoutMs: 2_000, weightPauseMs: 0 });
  server.requests.length = 0;
});
afterEach(() => server.close());

const buy = makeIntent({
  decisionId: 'd',
  leg: 'entry',
  attempt: 1,
  symbol: 'ETHUSDT',
  mode: 'live',
  side: 'buy',
  quantity: money('1'),
  priceUsd: money(2000),
  filters: BINANCE_ETHUSDT_FILTERS,
  nowMs: START,
  validUntilMs: START + 600_000,
  reason: 'test',
  modelId: null,
});

describe('the budget of a host', () => {
  it('is closed for orders by the pause that a download was asked for', async () => {
    const http = new HttpClient({ fetch, timer: systemTimer, budgets, rng: createRng(1), requestTimeoutMs: 2_000 });
    server.fault = () => ({ status: 418, body: '{"code":-1003,"msg":"Banned."}', headers: { 'retry-after': '120' } });
    const download = { source: 'binance', url: `${baseUrl}/api/v3/klines`, maxAttempts: 1 };
    await expect(http.json(download, (reply) => reply)).rejects.toMatchObject({ code: 'http.rate_limited' });
    server.fault = undefined;
    server.requests.length = 0;
    expect(await broker.submit(buy, START + 1)).toMatchObject({ outcome: 'rejected', isTransient: true });
    expect(server.requests).toEqual([]);
    timer.moveBy(120_000);
    expect(await broker.submit(buy, START + 1)).toMatchObject({ outcome: 'accepted' });
  });

  it('is closed for downloads by the pause that an order was asked for', async () => {
    server.fault = () => ({ status: 429, body: '{"code":-1003,"msg":"Too many."}', headers: { 'retry-after': '30' } });
    expect(await broker.submit(buy, START + 1)).toMatchObject({ outcome: 'rejected', isTransient: true });
    expect(budgets.of(`${baseUrl}/api/v3/klines`).closedInMs()).toBe(30_000);
    expect(budgets.of('https://other.example').closedInMs()).toBe(0);
  });
});
