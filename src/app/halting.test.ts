import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PATHS } from './app-parts.ts';
import { askToFlatten, flattenIfAsked, resumeTrading } from './halting.ts';
import { sellEverything } from './sell-everything.ts';
import { TradingDesk } from './trading-desk.fixture.ts';

let desk: TradingDesk;
beforeEach(async () => {
  desk = await TradingDesk.open();
});
afterEach(() => desk.close());

const isAsked = () => existsSync(join(desk.dataDir, PATHS.flatten));
const sell = () => sellEverything(desk.session);

describe('sellEverything', () => {
  it('withdraws the pair at the exchange, sells what is held, and leaves nothing open', async () => {
    await desk.buy();
    await desk.session.cycle.route.protect(desk.engine);
    expect(await sell()).toMatchObject({ isFlat: true, why: null, positionEth: '0' });
    expect(desk.ledger.unsettledOrders()).toEqual([]);
    expect(desk.ordersOf('flatten').map(({ state }) => state)).toEqual(['FILLED']);
    expect(desk.histories).toBe(1);
  });

  it.each([
    ['the last close', '1990', '1990'],
    ['what was paid', undefined, '2000'],
  ])('needs no quote: it is sized with %s', async (_what, lastClose, reference) => {
    await desk.buy();
    desk.isPriceKnown = false;
    desk.lastClose = lastClose;
    expect(await sell()).toMatchObject({ isFlat: true, positionEth: '0' });
    expect(desk.ordersOf('flatten')[0]?.intent.referencePriceUsd).toBe(reference);
  });

  it.each([
    ['1000000', '1990', '1990'],
    ['1', undefined, '2000'],
    ['2100', '1990', '2100'],
  ])('is sized with %s only where that can be a price after %s', async (quote, lastClose, reference) => {
    await desk.buy();
    desk.quotes.push(quote);
    desk.lastClose = lastClose;
    expect(await sell()).toMatchObject({ isFlat: true, positionEth: '0' });
    expect(desk.ordersOf('flatten')[0]?.intent.referencePriceUsd).toBe(reference);
  });

  it('says that an order was refused, and sells at the next try', async () => {
    await desk.buy();
    desk.venue.sending = 'reject';
    expect(await sell()).toMatchObject({ isFlat: false, positionEth: '1', why: expect.stringMatching(/REJECTED, refused/) });
    desk.venue.sending = 'fill';
    expect(await sell()).toMatchObject({ isFlat: true, positionEth: '0' });
  });

  it('orders again what was filled in part', async () => {
    await desk.buy();
    desk.venue.upcoming.push('part');
    expect(await sell()).toMatchObject({ isFlat: true, positionEth: '0' });
    expect(desk.ordersOf('flatten').map(({ state }) => state)).toEqual(['CANCELLED', 'FILLED']);
  });

  it('sells nothing while the outcome of an order is open: it may have sold the same', async () => {
    await desk.buy();
    desk.venue.upcoming.push('lost');
    desk.wait = async () => undefined;
    expect(await sell()).toMatchObject({ isFlat: false, why: expect.stringMatching(/UNKNOWN/) });
    const { submits } = desk.venue;
    expect(await sell()).toMatchObject({ isFlat: false, why: expect.stringMatching(/outcome of order .* is not known/) });
    expect(desk.venue.submits).toBe(submits);
  });

  it('says that the exchange does not answer', async () => {
    await desk.buy();
    await desk.session.cycle.route.protect(desk.engine);
    desk.isDown = true;
    desk.venue.isDown = true;
    desk.wait = async () => undefined;
    expect(await sell()).toMatchObject({ isFlat: false, positionEth: '1' });
    desk.isDown = false;
    desk.venue.isDown = false;
    expect(await sell()).toMatchObject({ isFlat: true, positionEth: '0' });
  });

  it('works again after Ether was adopted: each sale has a decision of its own', async () => {
    await desk.buy();
    expect(await sell()).toMatchObject({ isFlat: true });
    await desk.engine.recordTransfer({ asset: 'ETH', amount: '2', valueUsd: '4000', reason: 'by hand' });
    desk.venue.balances.set('ETH', desk.ledger.balance('ETH'));
    expect(await sell()).toMatchObject({ isFlat: true, positionEth: '0' });
    expect(new Set(desk.ordersOf('flatten').map(({ intent }) => intent.decisionId)).size).toBe(2);
  });

  it('goes before what settles: an order that rests is cancelled, and no pair is placed in between', async () => {
    await desk.buy();
    desk.venue.upcoming.push('rest');
    let isWaiting = (): void => undefined;
    const waiting = new Promise<void>((done) => {
      isWaiting = done;
    });
    desk.wait = () =>
      new Promise((over) => {
        desk.session.turn.broken?.addEventListener('abort', () => over());
        isWaiting();
      });
    const { route, engine } = desk.session.cycle;
    const settling = desk.session.turn.take(() => route.settle(engine, [desk.intent('d9', 'buy', '1')]));
    await waiting;
    const sold = sell();
    const [entry] = await settling;
    expect(entry).toMatchObject({ state: 'CANCELLED', filledQuantity: '0' });
    expect(await sold).toMatchObject({ isFlat: true, positionEth: '0' });
  });
});

describe('flattenIfAsked', () => {
  const asked = () => flattenIfAsked(desk, desk.session);

  it('does nothing unless it is asked', async () => {
    await desk.buy();
    expect(await asked()).toBeUndefined();
    expect(desk.held).toBe('1');
  });

  it('halts, and is asked for until nothing is held', async () => {
    await desk.buy();
    expect(await askToFlatten(desk, 'test')).toMatchObject({ by: 'test', why: 'flatten' });
    desk.venue.upcoming.push('reject');
    expect(await asked()).toMatchObject({ isFlat: false });
    expect(isAsked()).toBe(true);
    expect(await asked()).toMatchObject({ isFlat: true });
    expect(isAsked()).toBe(false);
    expect(await asked()).toBeUndefined();
  });

  it('stays asked for where the gate denies the sale', async () => {
    await desk.buy();
    await desk.session.cycle.route.protect(desk.engine);
    await askToFlatten(desk, 'test');
    desk.venue.isDown = true;
    desk.wait = async () => undefined;
    expect(await asked()).toMatchObject({ isFlat: false });
    expect(isAsked()).toBe(true);
  });

  it('is given up by a resume', async () => {
    await desk.buy();
    await askToFlatten(desk, 'test');
    await resumeTrading(desk);
    expect(await asked()).toBeUndefined();
    expect(await desk.session.cycle.isHalted()).toBe(false);
  });

  it('waits for a price on paper, where nothing can be filled without one', async () => {
    await desk.close();
    desk = await TradingDesk.open([], 'paper');
    await desk.buy();
    await askToFlatten(desk, 'test');
    desk.isPriceKnown = false;
    expect(await asked()).toMatchObject({ isFlat: false, why: expect.stringContaining('no price') });
    desk.isPriceKnown = true;
    expect(await asked()).toMatchObject({ isFlat: true });
  });
});
