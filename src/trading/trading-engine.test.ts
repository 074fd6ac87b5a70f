import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock, money } from '../domain/index.ts';
import { SENDING, type Sending, SimulatedVenue } from './brokers/simulated-venue.contract.ts';
import { decisionId } from './decision-id.ts';
import type { Journal } from './journal/journal.ts';
import { MemoryJournal } from './journal/memory-journal.ts';
import { foldJournal } from './ledger.ts';
import type { OrderIntent } from './order.ts';
import { isTerminal } from './order-state.ts';
import { makeIntent } from './plan-trade.ts';
import { reason } from './reason.ts';
import { retryIntent } from './retry-intent.ts';
import { BINANCE_ETHUSDT_FILTERS } from './symbol-filters.ts';
import { TradingEngine, type TradingEngineOptions } from './trading-engine.ts';

const START = 1_700_000_000_000;

/** An engine on a simulated exchange, with everything a test wants to reach. */
async function startDesk(more: Partial<TradingEngineOptions> = {}, journal: Journal = new MemoryJournal()) {
  const clock = new ManualClock(START);
  const venue = new SimulatedVenue(clock, '10000');
  const open = () =>
    TradingEngine.open({ journal, clock, connect: () => venue.connect(), gate: () => [], capitalUsd: '10000', ...more });
  return { clock, venue, journal, open, engine: await open() };
}

function intentAt(side: 'buy' | 'sell', quantity: string, nowMs: number, serial = nowMs): OrderIntent {
  return makeIntent({
    decisionId: decisionId({ strategy: 'test', symbol: 'ETHUSDT', decisionTimeMs: serial, mode: 'sandbox' }),
    leg: side === 'buy' ? 'entry' : 'exit',
    attempt: 1,
    symbol: 'ETHUSDT',
    mode: 'sandbox',
    side,
    quantity: money(quantity),
    priceUsd: money(2000),
    filters: BINANCE_ETHUSDT_FILTERS,
    nowMs,
    validUntilMs: nowMs + 60_000,
    reason: 'test',
    modelId: null,
  });
}

const buy = intentAt('buy', '1', START);

describe('TradingEngine', () => {
  it.each<[Sending, string, string]>([
    ['fill', 'FILLED', '1'],
    ['part', 'PARTIALLY_FILLED', '0.5'],
    ['rest', 'ACCEPTED', '0'],
    ['reject', 'REJECTED', '0'],
    ['taken-timeout', 'UNKNOWN', '0'],
    ['lost', 'UNKNOWN', '0'],
    ['late', 'UNKNOWN', '0'],
    ['lagging', 'ACCEPTED', '0'],
  ])('after "%s" an order is %s', async (sending, state, filledQuantity) => {
    const { engine, venue } = await startDesk();
    venue.sending = sending;
    expect(await engine.execute([buy])).toMatchObject([{ state, filledQuantity }]);
  });

  it('writes the intent down before it is sent', async () => {
    const seen: string[] = [];
    const journal = new MemoryJournal();
    const { engine } = await startDesk(
      {
        crash: async (point) => {
          if (point !== 'order.before_send') return;
          for await (const { record } of journal.entries()) seen.push(record.type);
        },
      },
      journal,
    );
    await engine.execute([buy]);
    expect(seen).toEqual(['transfer', 'order_planned', 'order_submitting']);
  });

  it('sends nothing that the journal could not take', async () => {
    const journal = new MemoryJournal();
    const { engine, venue } = await startDesk({}, journal);
    journal.append = async () => {
      throw new Error('disk full');
    };
    await expect(engine.execute([buy])).rejects.toThrow('disk full');
    expect(venue.submits).toBe(0);
    expect(engine.ledger.orders.size).toBe(0);
  });

  it('ends as NOT_SENT what the gate denies, with the rule, and what is no longer valid', async () => {
    const { engine, venue, clock } = await startDesk({
      gate: ({ side }) => (side === 'buy' ? [reason('daily_loss', 0.3, 0.2)] : []),
    });
    expect(await engine.execute([buy])).toMatchObject([{ state: 'NOT_SENT', message: 'denied: daily_loss (0.3 against 0.2)' }]);
    clock.moveTo(START + 60_001);
    expect(await engine.execute([intentAt('sell', '1', START, 7)])).toMatchObject([{ state: 'NOT_SENT' }]);
    expect(venue.submits).toBe(0);
  });

  it('never sends an intent twice, whatever became of it', async () => {
    for (const sending of SENDING) {
      const { engine, venue, open } = await startDesk();
      venue.sending = sending;
      await engine.execute([buy, buy]);
      await engine.execute([buy]);
      const again = await open();
      await again.recover();
      await again.execute([buy]);
      expect([sending, venue.submits]).toEqual([sending, 1]);
      expect(venue.orders.length).toBeLessThanOrEqual(1);
    }
  });

  it('finds out what happened to an order whose reply never came', async () => {
    const { engine, venue } = await startDesk();
    venue.sending = 'taken-timeout';
    await engine.execute([buy]);
    venue.isDown = true;
    expect(await engine.refresh()).toMatchObject([{ state: 'UNKNOWN' }]);
    venue.isDown = false;
    expect(await engine.refresh()).toMatchObject([{ state: 'PARTIALLY_FILLED', filledQuantity: '0.5' }]);
    venue.fillRest();
    expect(await engine.refresh()).toMatchObject([{ state: 'FILLED', filledQuantity: '1' }]);
    expect(await engine.refresh()).toEqual([]);
  });

  it('believes that an order is not found only when it can no longer arrive', async () => {
    const { engine, venue, clock } = await startDesk({ sendWindowMs: 5_000 });
    venue.sending = 'lost';
    await engine.execute([buy]);
    const provableMs = START + 5_000 + 6_000 + 1;
    expect(engine.waitingForMs()).toBe(provableMs);
    for (const nowMs of [START, START + 5_000, provableMs - 1]) {
      clock.moveTo(nowMs);
      expect(await engine.refresh()).toMatchObject([{ state: 'UNKNOWN' }]);
    }
    clock.moveTo(provableMs);
    expect(await engine.refresh()).toMatchObject([{ state: 'NOT_FOUND' }]);
    expect(engine.waitingForMs()).toBeUndefined();
  });

  it('recognises an order that arrives after it was missing', async () => {
    const { engine, venue } = await startDesk();
    venue.sending = 'late';
    await engine.execute([buy]);
    for (let i = 0; i < 2; i++) expect(await engine.refresh()).toMatchObject([{ state: 'UNKNOWN' }]);
    expect(await engine.refresh()).toMatchObject([{ state: 'PARTIALLY_FILLED', filledQuantity: '0.5' }]);
  });

  it('ends an order only when every execution of it is booked', async () => {
    const { engine, venue } = await startDesk();
    venue.sending = 'lagging';
    expect(await engine.execute([buy])).toMatchObject([{ state: 'ACCEPTED' }]);
    expect(await engine.cancel(buy.clientOrderId)).toMatchObject({ state: 'CANCELLING', filledQuantity: '0' });
    expect(await engine.refresh()).toMatchObject([{ state: 'CANCELLED', filledQuantity: '0.5' }]);
  });

  it('books an execution once, however often a report repeats it', async () => {
    const { engine, venue } = await startDesk();
    venue.sending = 'taken-timeout';
    await engine.execute([buy]);
    venue.expireRest();
    expect(await engine.refresh()).toMatchObject([{ state: 'EXPIRED', filledQuantity: '0.5' }]);
    expect(engine.ledger.fillCount).toBe(1);
  });

  it('cancels what is open and keeps what was filled before', async () => {
    const { engine, venue } = await startDesk();
    venue.sending = 'part';
    await engine.execute([buy]);
    expect(await engine.cancel(buy.clientOrderId)).toMatchObject({ state: 'CANCELLED', filledQuantity: '0.5' });
    expect(await engine.cancel(buy.clientOrderId)).toMatchObject({ state: 'CANCELLED' });
    await expect(engine.cancel('nothing')).rejects.toMatchObject({ code: 'ledger.unknown_order' });
  });

  it('finds a cancellation whose reply never came', async () => {
    const { engine, venue } = await startDesk();
    venue.sending = 'rest';
    await engine.execute([buy]);
    venue.isDown = true;
    expect(await engine.cancel(buy.clientOrderId)).toMatchObject({ state: 'CANCELLING' });
    venue.isDown = false;
    venue.fillRest();
    expect(await engine.refresh()).toMatchObject([{ state: 'FILLED' }]);
  });

  it.each(['order.before_cancel', 'lost'] as const)('cancels again what a cancellation did not reach (%s)', async (how) => {
    const crash = (point: string) => {
      if (point === how) throw new Error('killed');
    };
    const { engine, venue, open } = await startDesk({ crash });
    venue.sending = 'rest';
    await engine.execute([buy]);
    if (how === 'lost') venue.isDown = true;
    await engine.cancel(buy.clientOrderId).catch(() => undefined);
    venue.isDown = false;
    const again = await open();
    expect(again.ledger.order(buy.clientOrderId).state).toBe('CANCELLING');
    expect(await again.recover()).toMatchObject([{ state: 'ACCEPTED', message: 'still open after a cancellation' }]);
    if (how === 'lost') expect(await again.cancel(buy.clientOrderId)).toMatchObject({ state: 'CANCELLED' });
    expect(venue.orders[0]?.state).toBe(how === 'lost' ? 'CANCELLED' : 'ACCEPTED');
  });

  it('orders again what a partial fill left, and never more than the decision wanted', async () => {
    const { engine, venue, clock } = await startDesk();
    venue.sending = 'part';
    await engine.execute([buy]);
    const options = {
      priceUsd: money(2000),
      filters: BINANCE_ETHUSDT_FILTERS,
      nowMs: clock.nowMs(),
      validUntilMs: clock.nowMs() + 1,
      maxAttempts: 3,
    };
    expect(retryIntent(engine.ledger, buy, options)).toBeUndefined();
    venue.expireRest();
    await engine.refresh();
    const second = retryIntent(engine.ledger, buy, options)!;
    expect(second).toMatchObject({ attempt: 2, quantity: '0.5' });
    expect(second.clientOrderId).not.toBe(buy.clientOrderId);
    await expect(engine.execute([{ ...second, quantity: '0.5001' }])).rejects.toMatchObject({ code: 'engine.decision_repeated' });
    venue.sending = 'fill';
    expect(await engine.execute([second])).toMatchObject([{ state: 'FILLED' }]);
    expect(retryIntent(engine.ledger, buy, options)).toBeUndefined();
    expect(engine.ledger.balance('ETH').toFixed()).toBe('1');
  });

  it('gives an open position its stop and target, also when it died before they were written', async () => {
    const journal = new MemoryJournal();
    const { engine, open } = await startDesk({ protection: { stopLoss: 0.08, takeProfit: 0.16 } }, journal);
    await engine.execute([buy]);
    const wanted = { stopPriceUsd: '1840', takeProfitPriceUsd: '2320' };
    expect(engine.ledger.position.protection).toMatchObject(wanted);
    await engine.recordProtection(null);
    const again = await open();
    expect(again.ledger.position.protection).toBeNull();
    await again.recover();
    expect(again.ledger.position.protection).toMatchObject(wanted);
  });

  it('records a decision once, and a renewed holding time with it', async () => {
    const { engine, journal } = await startDesk();
    const decision = { decisionId: 'd', decisionTimeMs: START, action: 'BUY', renewsHolding: true } as const;
    await engine.recordDecision(decision);
    await engine.recordDecision(decision);
    expect(journal.lastSeq).toBe(2);
    expect(engine.ledger.position.lastBuyMs).toBe(START);
  });

  type Step =
    | { readonly kind: 'order'; readonly side: 'buy' | 'sell'; readonly units: number; readonly sending: Sending }
    | { readonly kind: 'retry' | 'refresh' | 'restart' | 'crash' | 'cancel' | 'fill' | 'half' | 'expire' | 'down' | 'wait' };
  const steps: fc.Arbitrary<Step[]> = fc.array(
    fc.oneof(
      fc.record({
        kind: fc.constant('order' as const),
        side: fc.constantFrom('buy' as const, 'sell' as const),
        units: fc.integer({ min: 30, max: 20_000 }),
        sending: fc.constantFrom(...SENDING),
      }),
      fc.record({
        kind: fc.constantFrom(
          ...(['retry', 'refresh', 'restart', 'crash', 'cancel', 'fill', 'half', 'expire', 'down', 'wait'] as const),
        ),
      }),
    ),
    { maxLength: 40 },
  );

  it('adds up to the ledger of the exchange, whatever happens on the way', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (plan) => {
        let dying: string | undefined;
        const crash = (point: string) => {
          if (dying === undefined || (point !== dying && dying !== 'any')) return;
          dying = undefined;
          throw new Error('killed');
        };
        const desk = await startDesk({ crash, protection: { stopLoss: 0.08 } });
        const { venue, clock, journal, open } = desk;
        let { engine } = desk;
        const sent: OrderIntent[] = [];
        let crashes = 0;
        const survive = async (work: Promise<unknown>) => {
          try {
            await work;
          } catch (error) {
            if (!(error instanceof Error && error.message === 'killed')) throw error;
            engine = await open();
          }
        };
        for (const [i, step] of plan.entries()) {
          venue.isDown = step.kind === 'down';
          const nowMs = clock.nowMs();
          if (step.kind === 'order') {
            venue.sending = step.sending;
            const intent = intentAt(step.side, money(step.units).div(10_000).toFixed(), nowMs, i);
            sent.push(intent);
            await survive(engine.execute([intent]));
          }
          if (step.kind === 'crash')
            dying = (['order.before_send', 'order.after_send', 'order.after_lookup', 'order.after_cancel'] as const)[
              crashes++ % 4
            ];
          if (step.kind === 'restart') engine = await open();
          if (step.kind === 'restart') await survive(engine.recover());
          if (step.kind === 'refresh' || step.kind === 'down') await survive(engine.refresh());
          if (step.kind === 'retry' && sent.length > 0) {
            const again = retryIntent(engine.ledger, sent.at(-1)!, {
              priceUsd: money(2000),
              filters: BINANCE_ETHUSDT_FILTERS,
              nowMs,
              validUntilMs: nowMs + 1,
              maxAttempts: 3,
            });
            if (again) await survive(engine.execute([again]));
          }
          if (step.kind === 'cancel')
            for (const order of engine.ledger.unsettledOrders()) await survive(engine.cancel(order.intent.clientOrderId));
          if (step.kind === 'fill') venue.fillRest();
          if (step.kind === 'half') venue.fillRest(money('0.5'));
          if (step.kind === 'expire') venue.expireRest();
          if (step.kind === 'wait') clock.moveTo(nowMs + 4_000);
        }
        dying = undefined;
        venue.isDown = false;
        engine = await open();
        await engine.recover();
        clock.moveTo((engine.waitingForMs() ?? clock.nowMs()) + 60_000);
        venue.expireRest();
        await engine.refresh();

        const { ledger } = engine;
        expect([...ledger.orders.values()].filter((order) => !isTerminal(order.state))).toEqual([]);
        const ids = venue.orders.map(({ intent }) => intent.clientOrderId);
        expect(new Set(ids).size).toBe(ids.length);
        for (const order of venue.orders)
          expect(ledger.order(order.intent.clientOrderId).filledQuantity.toFixed()).toBe(order.executed.toFixed());
        for (const order of ledger.orders.values()) {
          if (!ids.includes(order.intent.clientOrderId)) expect(['REJECTED', 'NOT_SENT', 'NOT_FOUND']).toContain(order.state);
        }
        for (const asset of ['ETH', 'USDT'])
          expect(ledger.balance(asset).toFixed()).toBe((venue.balances.get(asset) ?? money(0)).toFixed());
        expect((await foldJournal(journal.entries())).cashUsd.toFixed()).toBe(ledger.cashUsd.toFixed());
      }),
      { numRuns: 400 },
    );
  });
});
