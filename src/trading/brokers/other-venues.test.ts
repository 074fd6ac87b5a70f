import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock, money, systemTimer } from '../../domain/index.ts';
import { MemoryJournal } from '../journal/memory-journal.ts';
import { makeIntent } from '../plan-trade.ts';
import { BINANCE_ETHUSDT_FILTERS, MARKET_STATUSES } from '../symbol-filters.ts';
import { TradingEngine } from '../trading-engine.ts';
import { BinanceUsdmLoopback, USDM_KEY, USDM_SECRET } from './binance-usdm-loopback.contract.ts';
import { describeBroker } from './broker.contract.ts';
import { CcxtBroker, type CcxtBrokerOptions } from './ccxt-broker.ts';
import { COINBASE_KEY, COINBASE_SECRET, CoinbaseLoopback } from './coinbase-loopback.contract.ts';
import { KRAKEN_KEY, KRAKEN_SECRET, KrakenLoopback } from './kraken-loopback.contract.ts';
import type { VenueLoopback } from './venue-loopback.contract.ts';
import { VENUE_CAPABILITIES } from './venues.ts';

const START = 1_700_000_000_000;

async function startVenue<Server extends VenueLoopback>(
  Loopback: new (clock: ManualClock, capitalUsd: string) => Server,
  keys: Pick<CcxtBrokerOptions, 'venue' | 'apiKey' | 'secret'>,
) {
  const clock = new ManualClock(START);
  const server = new Loopback(clock, '10000');
  const baseUrl = await server.listen();
  const fixed = { baseUrl, clock, timer: systemTimer, requestTimeoutMs: 2_000, weightPauseMs: 0 };
  const open = (more: Partial<CcxtBrokerOptions> = {}) => CcxtBroker.open({ ...keys, ...fixed, ...more });
  return { clock, server, open };
}

const startKraken = () => startVenue(KrakenLoopback, { venue: 'kraken', apiKey: KRAKEN_KEY, secret: KRAKEN_SECRET });
const startCoinbase = () => startVenue(CoinbaseLoopback, { venue: 'coinbase', apiKey: COINBASE_KEY, secret: COINBASE_SECRET });

const startUsdm = () => startVenue(BinanceUsdmLoopback, { venue: 'binance_usdm', apiKey: USDM_KEY, secret: USDM_SECRET });

const refusedByUsdm = (code: number, msg: string) => JSON.stringify({ code, msg });
const refusedByCoinbase = (error: string, preview = 'UNKNOWN_PREVIEW_FAILURE_REASON') =>
  JSON.stringify({
    success: false,
    error_response: { error, message: '', error_details: '', preview_failure_reason: preview, new_order_failure_reason: error },
  });
const refusedByKraken = (error: string) => JSON.stringify({ error: [error] });

const ANYWHERE = [
  ['HTTP 500', 500, '{}', true, 'UNKNOWN', false],
  ['HTTP 502 with a page', 502, '<html>bad gateway</html>', true, 'UNKNOWN', false],
  ['a reply that is cut off', 200, '{"result": {"txid', true, 'UNKNOWN', false],
  ['a reply without the needed fields', 200, '{"success":true,"error":[],"result":{}}', true, 'UNKNOWN', false],
] as const;

const CASES = [
  {
    venue: 'kraken',
    start: startKraken,
    faults: [
      ['insufficient funds', 200, refusedByKraken('EOrder:Insufficient funds'), false, 'REJECTED', false],
      ['an error that ccxt does not map', 200, refusedByKraken('EOrder:Orders limit exceeded'), false, 'REJECTED', false],
      ['an invalid key', 200, refusedByKraken('EAPI:Invalid key'), false, 'REJECTED', false],
      ['too many requests', 200, refusedByKraken('EAPI:Rate limit exceeded'), false, 'REJECTED', true],
      ['too many orders', 200, refusedByKraken('EOrder:Rate limit exceeded'), false, 'REJECTED', true],
      ['a deadline that passed', 200, refusedByKraken('EService:Deadline elapsed'), false, 'REJECTED', true],
      ['maintenance', 200, refusedByKraken('EService:Market in cancel_only mode'), false, 'REJECTED', true],
      ['"unavailable"', 200, refusedByKraken('EService:Unavailable'), true, 'UNKNOWN', false],
      ['"busy"', 200, refusedByKraken('EService:Busy'), true, 'UNKNOWN', false],
      ['an internal error', 200, refusedByKraken('EGeneral:Internal error'), true, 'UNKNOWN', false],
      ['HTTP 500 with a refusal', 500, refusedByKraken('EOrder:Insufficient funds'), true, 'UNKNOWN', false],
    ],
  },
  {
    venue: 'coinbase',
    start: startCoinbase,
    faults: [
      ['insufficient funds', 200, refusedByCoinbase('INSUFFICIENT_FUND'), false, 'REJECTED', false],
      [
        'a reason in one place alone',
        200,
        refusedByCoinbase('UNKNOWN_FAILURE_REASON', 'PREVIEW_INSUFFICIENT_FUND'),
        false,
        'REJECTED',
        false,
      ],
      ['a refusal without a reason', 200, refusedByCoinbase('UNKNOWN_FAILURE_REASON'), true, 'UNKNOWN', false],
      ['an argument that is wrong', 400, '{"error":"INVALID_ARGUMENT","message":"no"}', false, 'REJECTED', false],
      ['an invalid key', 401, 'Unauthorized', false, 'REJECTED', false],
      ['too many requests', 429, '{"error":"rate_limit_exceeded"}', false, 'REJECTED', true],
      ['an internal error', 500, '{"error":"internal_server_error"}', true, 'UNKNOWN', false],
      ['HTTP 500 with a refusal', 500, refusedByCoinbase('INSUFFICIENT_FUND'), true, 'UNKNOWN', false],
      ['HTTP 503 that asks for a pause', 503, '{"error":"rate_limit_exceeded"}', true, 'UNKNOWN', false],
    ],
  },
  {
    venue: 'binance_usdm',
    start: startUsdm,
    faults: [
      ['too little margin', 400, refusedByUsdm(-2019, 'Margin is insufficient.'), false, 'REJECTED', false],
      ['a reduction of nothing', 400, refusedByUsdm(-2022, 'ReduceOnly Order is rejected.'), false, 'REJECTED', false],
      ['an error that ccxt does not map', 400, refusedByUsdm(-4400, 'Trading quantitative rules'), false, 'REJECTED', false],
      ['an invalid key', 401, refusedByUsdm(-2015, 'Invalid API-key, IP, or permissions for action'), false, 'REJECTED', false],
      ['a timestamp outside the window', 400, refusedByUsdm(-1021, 'outside of the recvWindow'), false, 'REJECTED', true],
      ['the same of the engine', 400, refusedByUsdm(-5028, 'outside of the ME recvWindow'), false, 'REJECTED', true],
      ['a post-only order that would take', 400, refusedByUsdm(-5022, 'could not be executed as maker'), false, 'REJECTED', true],
      ['too many orders', 429, refusedByUsdm(-1015, 'Too many new orders.'), false, 'REJECTED', true],
      ['overload', 503, refusedByUsdm(-1008, 'Server is currently overloaded'), false, 'REJECTED', true],
      ['a time-out behind it', 408, refusedByUsdm(-1007, 'Send status unknown'), true, 'UNKNOWN', false],
      ['HTTP 500 with a refusal', 500, refusedByUsdm(-2019, 'Margin is insufficient.'), true, 'UNKNOWN', false],
      ['HTTP 500 with a code of the engine', 500, refusedByUsdm(-5022, 'could not be executed as maker'), true, 'UNKNOWN', false],
      ['"unknown error"', 503, refusedByUsdm(-1000, 'Unknown error, please check your request'), true, 'UNKNOWN', false],
    ],
  },
] as const;

describe.each(CASES)('CcxtBroker on $venue', ({ venue: name, start, faults }) => {
  describeBroker(async () => {
    const { clock, server, open } = await start();
    const letOrdersRest = () => {
      server.venue.sending = 'rest';
    };
    const dispose = () => server.close();
    const isPerpetual = name === 'binance_usdm';
    return { connect: () => open(), clock, capitalUsd: '10000', priceUsd: '2000', dispose, letOrdersRest, isPerpetual };
  });

  describe('against its own replies', () => {
    let venue: { clock: ManualClock; server: VenueLoopback; open: (more?: Partial<CcxtBrokerOptions>) => Promise<CcxtBroker> };
    let engine: TradingEngine;
    const journal = () => new MemoryJournal();
    const gate = () => [];
    beforeEach(async () => {
      venue = await start();
      const { clock, open } = venue;
      engine = await TradingEngine.open({ journal: journal(), clock, connect: () => open(), gate, capitalUsd: '10000' });
    });
    afterEach(async () => {
      await engine.close();
      await venue.server.close();
    });

    const buy = makeIntent({
      decisionId: 'd',
      leg: 'entry',
      attempt: 1,
      symbol: 'ETHUSDT',
      mode: 'sandbox',
      side: 'buy',
      quantity: money('1'),
      priceUsd: money(2000),
      filters: BINANCE_ETHUSDT_FILTERS,
      nowMs: START,
      validUntilMs: START + 600_000,
      reason: 'test',
      modelId: null,
      clientOrderIdLength: VENUE_CAPABILITIES[name].clientOrderIdLength,
    });
    const sent = () => venue.server.requests.filter((one) => /AddOrder|POST .*orders?$/.test(one)).length;
    const agree = () => {
      for (const asset of ['ETH', 'USDT'])
        expect(engine.ledger.balance(asset).toFixed()).toBe((venue.server.venue.balances.get(asset) ?? money(0)).toFixed());
    };

    it('has the capabilities of its record, and a window after which nothing arrives any more', async () => {
      const { acceptanceWindowMs, ...rest } = engine.broker.capabilities;
      expect(rest).toEqual(VENUE_CAPABILITIES[name]);
      expect(acceptanceWindowMs).toBeGreaterThanOrEqual(6_000);
    });

    it.each([...ANYWHERE, ...faults])('takes %s for what it is', async (_name, status, body, carried, state, isTransient) => {
      const { server } = venue;
      server.orderFault = { status, body, carried };
      expect(await engine.execute([buy])).toMatchObject([{ state }]);
      expect(engine.ledger.order(buy.clientOrderId)).toMatchObject({ isTransient, brokeFilter: false });
      server.orderFault = undefined;
      await engine.refresh();
      expect(engine.ledger.order(buy.clientOrderId).state).toBe(state === 'UNKNOWN' ? 'FILLED' : state);
      expect(sent()).toBe(1);
      agree();
    });

    it('finds an order whose reply never came, and books what it executes', async () => {
      venue.server.venue.sending = 'taken-timeout';
      expect(await engine.execute([buy])).toMatchObject([{ state: 'UNKNOWN' }]);
      expect(await engine.refresh()).toMatchObject([{ state: 'PARTIALLY_FILLED', filledQuantity: '0.5' }]);
      venue.server.venue.fillRest();
      expect(await engine.refresh()).toMatchObject([{ state: 'FILLED', filledQuantity: '1' }]);
      expect(sent()).toBe(1);
      agree();
    });

    it('proves that an order never arrived only after its window', async () => {
      venue.server.venue.sending = 'lost';
      await engine.execute([buy]);
      expect(await engine.refresh()).toMatchObject([{ state: 'UNKNOWN' }]);
      venue.clock.moveTo(engine.waitingForMs() ?? 0);
      expect(await engine.refresh()).toMatchObject([{ state: 'NOT_FOUND' }]);
    });

    it('does not know what it is not told', async () => {
      venue.server.venue.sending = 'taken-timeout';
      await engine.execute([buy]);
      venue.server.venue.isDown = true;
      expect(await engine.refresh()).toMatchObject([{ state: 'UNKNOWN' }]);
    });

    it('tells a refusal by the rules of the symbol from others', async () => {
      const broken = { ...buy, quantity: '0.00001' };
      expect(await engine.execute([broken])).toMatchObject([{ state: 'REJECTED' }]);
      expect(engine.ledger.order(buy.clientOrderId)).toMatchObject({ brokeFilter: true, isTransient: false });
    });

    it('signs with the time of the exchange', async () => {
      venue.server.skewMs = -300_000;
      const broker = await venue.open();
      expect(await broker.submit(buy, START + 1)).toMatchObject({ outcome: 'accepted', report: { state: 'FILLED' } });
      const [order] = venue.server.venue.orders;
      expect(order?.intent.clientOrderId).toBe(buy.clientOrderId);
    });

    it('refuses a wrong key with a hint, and does not show it', async () => {
      const broker = await venue.open({ apiKey: `${name}-other-key` });
      const error: unknown = await broker.balances().catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'exchange.request_failed', hint: expect.stringContaining('key') });
      expect(JSON.stringify([error, String(error)])).not.toContain('other-key');
    });

    it('does not know a symbol that is not listed', async () => {
      await expect(engine.broker.market('NOPEUSDT')).rejects.toMatchObject({ code: 'exchange.symbol_not_trading' });
    });
  });
});

describe('the status of a market', () => {
  it('is the worse of system and pair on Kraken', async () => {
    const { server, open } = await startKraken();
    const broker = await open();
    const seen = async (system: string, pair: string) => {
      Object.assign(server, { systemStatus: system, pairStatus: pair });
      return (await broker.market('ETHUSDT')).status;
    };
    expect(await seen('online', 'online')).toBe('trading');
    expect(await seen('online', 'post_only')).toBe('post_only');
    expect(await seen('online', 'reduce_only')).toBe('halted');
    expect(await seen('maintenance', 'online')).toBe('maintenance');
    expect(await seen('cancel_only', 'online')).toBe('cancel_only');
    await server.close();
  });

  it('is what the product says on Coinbase', async () => {
    const { server, open } = await startCoinbase();
    const broker = await open();
    const seen = async (product: object) => {
      server.product = { ...product };
      return (await broker.market('ETHUSDT')).status;
    };
    const all = [
      await seen({}),
      await seen({ limit_only: true }),
      await seen({ post_only: true }),
      await seen({ cancel_only: true }),
      await seen({ trading_disabled: true }),
    ];
    expect(all).toEqual(MARKET_STATUSES.slice(0, 5));
    await server.close();
  });
});

describe('Coinbase', () => {
  it('answers a repeated id with the order that it named first, and pages through lists', async () => {
    const { server, open } = await startCoinbase();
    server.pageSize = 1;
    const broker = await open();
    const filters = BINANCE_ETHUSDT_FILTERS;
    const common = { leg: 'entry', attempt: 1, symbol: 'ETHUSDT', mode: 'sandbox', side: 'buy', filters } as const;
    const rest = { quantity: money('0.5'), priceUsd: money(2000), nowMs: START, validUntilMs: START, reason: '', modelId: null };
    const intents = ['a', 'b', 'c'].map((decisionId) => makeIntent({ ...common, ...rest, decisionId }));
    for (const intent of [...intents, ...intents]) expect((await broker.submit(intent, START)).outcome).toBe('accepted');
    expect(server.venue.orders).toHaveLength(3);
    const { clientOrderId } = intents[0]!;
    const reference = { clientOrderId, symbol: 'ETHUSDT', venueOrderId: null, plannedAtMs: START };
    expect(await broker.lookup(reference)).toMatchObject({ outcome: 'found', report: { clientOrderId } });
    expect(await broker.withdrawalPermission()).toBe('no');
    expect(await broker.accountId()).toBe('test-portfolio');
    await server.close();
  });
});
