import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ZodError } from 'zod';
import { HOUR_MS, money, systemTimer } from '../../domain/index.ts';
import { SANDBOX_API_KEY, SANDBOX_API_SECRET, type Sandbox, startSandbox } from '../../sandbox/index.ts';
import { CcxtBroker } from '../brokers/ccxt-broker.ts';
import { MemoryJournal } from '../journal/memory-journal.ts';
import { keepProtected } from '../keep-protected.ts';
import { makeIntent } from '../plan-trade.ts';
import { protectedAt } from '../protective-orders.ts';
import { BINANCE_ETHUSDT_FILTERS } from '../symbol-filters.ts';
import { TradingEngine } from '../trading-engine.ts';
import { parseUserMessage } from './parse-user-message.ts';
import { UserStream, type UserStreamListener } from './user-stream.ts';

const START_MS = Date.UTC(2024, 0, 1);

/** Resolves when `isTrue`, asked at every turn of the loop; the test's own time-out ends it. */
async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((next) => setImmediate(next));
}

describe("the account's events", () => {
  let sandbox: Sandbox;
  let engine: TradingEngine;
  let stream: UserStream;
  const errors: unknown[] = [];
  const looked: string[] = [];
  let gaps: number;

  const faults = (...texts: string[]) =>
    fetch(`${sandbox.urls.control}/faults`, { method: 'POST', body: JSON.stringify({ faults: texts }) });
  const connect = (secret = SANDBOX_API_SECRET) =>
    CcxtBroker.open({
      apiKey: SANDBOX_API_KEY,
      secret,
      baseUrl: sandbox.urls.binance,
      wsApiUrl: sandbox.urls.binanceWsApi,
      clock: sandbox.clock,
      timer: systemTimer,
      requestTimeoutMs: 5_000,
      weightPauseMs: 0,
    });
  const listen = async (broker = engine.broker) => {
    const listener: UserStreamListener = {
      gap: () => {
        gaps += 1;
      },
      async order(clientOrderId) {
        looked.push(clientOrderId);
        await engine.lookAt(clientOrderId);
      },
    };
    stream = new UserStream({ connect: broker.userStream!, listener, clock: sandbox.clock, timer: systemTimer, rng: () => 0 });
    stream.start((error) => errors.push(error));
  };
  const price = () => money(sandbox.world.path.priceAt(sandbox.clock.nowMs()).toFixed(2));
  const buy = async () => {
    const nowMs = sandbox.clock.nowMs();
    const intent = makeIntent({
      decisionId: `d${nowMs}`,
      leg: 'entry',
      attempt: 1,
      symbol: 'ETHUSDT',
      mode: 'sandbox',
      side: 'buy',
      quantity: money('1'),
      priceUsd: price(),
      filters: BINANCE_ETHUSDT_FILTERS,
      nowMs,
      validUntilMs: nowMs + 60_000,
      reason: 'test',
      modelId: null,
    });
    return (await engine.execute([intent]))[0]!;
  };
  const protect = () =>
    keepProtected(engine, {
      clock: sandbox.clock,
      symbol: 'ETHUSDT',
      mode: 'sandbox',
      filters: BINANCE_ETHUSDT_FILTERS,
      price: async () => price(),
    });
  const balanceEth = async () => (await engine.broker.balances()).get('ETH');

  beforeEach(async () => {
    [errors, looked].forEach((list) => {
      list.length = 0;
    });
    gaps = 0;
    sandbox = await startSandbox({ seed: 3, startMs: START_MS, edge: 0, speed: 0 });
    engine = await TradingEngine.open({
      journal: new MemoryJournal(),
      clock: sandbox.clock,
      connect: () => connect(),
      gate: () => [],
      capitalUsd: '10000',
      protection: { stopLoss: 0.01, takeProfit: 0.01 },
    });
  });
  afterEach(async () => {
    await stream.close();
    await engine.close();
    await sandbox.close();
    expect(errors).toEqual([]);
  });

  it('tell of a stop or target that the exchange has filled, and the journal has it without being asked', async () => {
    await listen();
    await until(() => stream.status.state === 'up');
    await buy();
    expect(await protect()).toEqual({ kind: 'placed' });
    expect(protectedAt(engine.ledger)).toBe('exchange');
    expect((await balanceEth())?.locked.toFixed()).toBe('0.999');
    for (let hour = 0; engine.ledger.closedTrades.length === 0 && hour < 200; hour++) {
      sandbox.clock.moveTo(sandbox.clock.nowMs() + HOUR_MS);
      const venue = (await fetch(`${sandbox.urls.control}/ledger`).then((reply) => reply.json())) as { fills: unknown[] };
      if (venue.fills.length > 1) await until(() => engine.ledger.unsettledOrders().length === 0);
    }
    expect(engine.ledger.closedTrades).toHaveLength(1);
    expect(protectedAt(engine.ledger)).toBeNull();
    expect(engine.ledger.balance('ETH').toFixed()).toBe((await balanceEth())?.free.toFixed() ?? '0');
    expect(stream.status).toMatchObject({ state: 'up', problem: null, invalid: 0, connections: 1 });
    expect(gaps).toBe(1);
  });

  it('are told twice without being booked twice', async () => {
    await faults('binanceWsApi:duplicate-events');
    await listen();
    await until(() => stream.status.state === 'up');
    const bought = await buy();
    await until(() => stream.status.duplicates > 0);
    await until(() => looked.includes(bought.clientOrderId));
    expect(engine.ledger.fillCount).toBe(1);
    expect(engine.ledger.balance('ETH').toFixed()).toBe('0.999');
  });

  it('are missed while the connection is cut, and then everything is compared', async () => {
    await listen();
    await until(() => stream.status.state === 'up');
    await faults('binanceWsApi:cut');
    await buy();
    await until(() => stream.status.state !== 'up');
    expect(stream.status.problem).toContain('closed with code');
    await faults();
    await until(() => stream.status.state === 'up');
    expect(stream.status.connections).toBeGreaterThanOrEqual(2);
    expect(gaps).toBe(stream.status.connections);
    expect(stream.status.problem).toBeNull();
  });

  it('leave out what cannot be read', async () => {
    await listen();
    await until(() => stream.status.state === 'up');
    await faults('binanceWsApi:malformed');
    await buy();
    await until(() => stream.status.invalid > 0);
    expect(stream.status.state).toBe('up');
  });

  it('are refused to a key that does not sign right, which is said', async () => {
    const stranger = await connect('wrong');
    await listen(stranger);
    await until(() => stream.status.problem !== null);
    expect(stream.status.problem).toContain('-1022');
    expect(gaps).toBe(0);
  });

  it('are a capability only where their address is known', async () => {
    await listen();
    const plain = await CcxtBroker.open({
      apiKey: SANDBOX_API_KEY,
      secret: SANDBOX_API_SECRET,
      baseUrl: sandbox.urls.binance,
      clock: sandbox.clock,
      timer: systemTimer,
      weightPauseMs: 0,
    });
    expect([plain.capabilities.hasPrivateStream, plain.userStream]).toEqual([false, undefined]);
    expect(engine.broker.capabilities.hasPrivateStream).toBe(true);
  });
});

describe('parseUserMessage', () => {
  const event = (body: object) => JSON.stringify({ subscriptionId: 0, event: { E: 7, ...body } });
  const execution = { e: 'executionReport', c: 'made-by-the-venue', C: 'ours', t: -1, z: '0.10000000' };

  it('names the order by its own id, also when it is cancelled', () => {
    expect(parseUserMessage(event(execution))).toMatchObject({ kind: 'order', clientOrderId: 'ours', tradeId: null });
    expect(parseUserMessage(event({ ...execution, c: 'ours', C: '', t: 9 }))).toMatchObject({
      clientOrderId: 'ours',
      tradeId: '9',
    });
  });

  it('lets events pass that mean nothing here', () => {
    expect(parseUserMessage(event({ e: 'externalLockUpdate' }))).toEqual({ kind: 'other', atMs: 7 });
  });

  it('reads or refuses, whatever comes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.object().map(event)), (text) => {
        try {
          parseUserMessage(text);
        } catch (error) {
          expect(error instanceof ZodError || error instanceof SyntaxError).toBe(true);
        }
      }),
    );
  });
});
