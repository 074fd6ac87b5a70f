import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock, systemTimer } from '../../domain/index.ts';
import { orderAt, pairOf } from '../engine-desk.contract.ts';
import { MemoryJournal } from '../journal/memory-journal.ts';
import { foldJournal } from '../ledger.ts';
import { filterTexts } from '../symbol-filters.ts';
import { TradingEngine } from '../trading-engine.ts';
import { BinanceLoopback, KEY, SECRET } from './binance-loopback.contract.ts';
import { CcxtBroker, type CcxtBrokerOptions } from './ccxt-broker.ts';

const START = 1_700_000_000_000;

let clock: ManualClock;
let server: BinanceLoopback;
let open: (more?: Partial<CcxtBrokerOptions>) => Promise<CcxtBroker>;
beforeEach(async () => {
  clock = new ManualClock(START);
  server = new BinanceLoopback(clock, '10000');
  const baseUrl = await server.listen();
  const fixed = { apiKey: KEY, secret: SECRET, baseUrl, clock, timer: systemTimer, requestTimeoutMs: 2_000, weightPauseMs: 0 };
  open = (more) => CcxtBroker.open({ ...fixed, ...more });
});
afterEach(() => server.close());

const buy = orderAt(START, 600_000);

describe('the rules of a symbol at Binance', () => {
  const rulesWith = async (...filters: { readonly filterType: string; readonly [name: string]: unknown }[]) => {
    server.filters = filters;
    return filterTexts((await (await open()).market('ETHUSDT')).filters);
  };

  it('bound sales by the multipliers of the ask, purchases by those of the bid', async () => {
    const band = { bidMultiplierUp: '1.2', bidMultiplierDown: '0.2', askMultiplierUp: '5', askMultiplierDown: '0.8' };
    const bounds = { priceBandLow: '0.2', priceBandHigh: '1.2', sellBandLow: '0.8', sellBandHigh: '5' };
    expect(await rulesWith({ filterType: 'PERCENT_PRICE_BY_SIDE', ...band })).toMatchObject(bounds);
  });

  it('bound orders at the market apart, and take the coarser step', async () => {
    const market = { filterType: 'MARKET_LOT_SIZE', minQty: '0.002', maxQty: '1500.5', stepSize: '0.001' };
    expect(await rulesWith(market)).toMatchObject({
      quantityStep: '0.001',
      minQuantity: '0.0001',
      maxQuantity: '9000',
      marketMinQuantity: '0.002',
      marketMaxQuantity: '1500.5',
    });
  });
});

describe('an order whose id Binance has already', () => {
  it.each([
    [400, '{"code":-2010,"msg":"Duplicate order sent."}'],
    [400, '{"code":-4116,"msg":"ClientOrderId is duplicated."}'],
  ])("is somebody else's: refused, not booked, and trading stops (%s %s)", async (status, body) => {
    const journal = new MemoryJournal();
    const engine = await TradingEngine.open({ journal, clock, connect: () => open(), gate: () => [], capitalUsd: '10000' });
    server.orderFault = { status, body, carried: true };
    await expect(engine.execute([buy])).rejects.toMatchObject({ code: 'order.id_taken', details: { id: buy.clientOrderId } });
    server.orderFault = undefined;
    await engine.refresh();
    expect(engine.ledger.order(buy.clientOrderId)).toMatchObject({ state: 'REJECTED', isTransient: false });
    expect(engine.ledger.balance('ETH').toFixed()).toBe('0');
    expect((await foldJournal(journal.entries())).order(buy.clientOrderId).state).toBe('REJECTED');
  });

  it('leaves a pair refused as a whole', async () => {
    const journal = new MemoryJournal();
    const engine = await TradingEngine.open({ journal, clock, connect: () => open(), gate: () => [], capitalUsd: '10000' });
    await engine.execute([buy]);
    const { stop, target, ...list } = pairOf('p');
    server.orderFault = { status: 400, body: '{"code":-2010,"msg":"Duplicate order sent."}', carried: true };
    await expect(engine.executeList({ ...list, stop, target })).rejects.toMatchObject({ code: 'order.id_taken' });
    expect([stop, target].map(({ clientOrderId }) => engine.ledger.order(clientOrderId).state)).toEqual(['REJECTED', 'REJECTED']);
  });

  it('is looked up like any other where the reply says that something failed', async () => {
    const journal = new MemoryJournal();
    const engine = await TradingEngine.open({ journal, clock, connect: () => open(), gate: () => [], capitalUsd: '10000' });
    server.orderFault = { status: 502, body: '{"code":-2010,"msg":"Duplicate order sent."}', carried: true };
    expect(await engine.execute([buy])).toMatchObject([{ state: 'UNKNOWN' }]);
    server.orderFault = undefined;
    expect(await engine.refresh()).toMatchObject([{ state: 'FILLED', filledQuantity: '1' }]);
  });
});

describe('what Binance says of itself', () => {
  it('is told as maintenance, with the rules of before where there are none', async () => {
    const broker = await open();
    server.systemStatus = 1;
    expect(await broker.market('ETHUSDT')).toMatchObject({ status: 'maintenance' });
    server.fault = (route) => (route === 'GET exchangeInfo' ? { status: 503, body: '<html>maintenance</html>' } : undefined);
    const market = await broker.market('ETHUSDT');
    expect(market.status).toBe('maintenance');
    expect(market.filters.quantityStep.toFixed()).toBe('0.0001');
    server.systemStatus = 0;
    server.fault = undefined;
    expect((await broker.market('ETHUSDT')).status).toBe('trading');
  });

  it('does not hide the rules where it does not say how it is', async () => {
    server.fault = (route) => (route === 'GET /sapi/v1/system/status' ? { status: 404, body: '{}' } : undefined);
    expect((await (await open()).market('ETHUSDT')).status).toBe('trading');
  });

  it('tells a symbol that is gone from an exchange that does not answer', async () => {
    const broker = await open();
    expect((await broker.market('ETHUSDT')).status).toBe('trading');
    server.isListed = false;
    await expect(broker.market('ETHUSDT')).rejects.toMatchObject({ code: 'exchange.symbol_not_trading' });
    server.isListed = true;
    server.fault = (route) => (route === 'GET exchangeInfo' ? { status: 503, body: '' } : undefined);
    await expect(broker.market('ETHUSDT')).rejects.toMatchObject({ code: 'exchange.request_failed' });
  });
});

describe('what Binance says of a key', () => {
  it('is whether it may trade', async () => {
    const broker = await open();
    expect(await broker.tradePermission()).toBe('yes');
    server.mayTrade = false;
    expect(await broker.tradePermission()).toBe('no');
    server.venue.isDown = true;
    expect(await broker.tradePermission()).toBe('unknown');
  });

  it('is that it is refused: at once, with what to look at, and without the key', async () => {
    const broker = await open();
    server.requests.length = 0;
    const refusal = '{"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."}';
    server.fault = () => ({ status: 401, body: refusal });
    const error: unknown = await broker.accountId().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'exchange.key_refused', hint: expect.stringContaining('IP address') });
    expect(String(error)).toContain('Invalid API-key, IP, or permissions');
    expect(server.requests).toEqual(['GET account']);
    expect(JSON.stringify([error, String(error)])).not.toContain(SECRET);
  });
});
