import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ExchangeError, HOUR_MS, InvariantError, MINUTE_MS } from '../../domain/index.ts';
import { EventLog } from '../../server/index.ts';
import type { OrderOutcome } from '../../trading/index.ts';
import { PATHS } from '../app-parts.ts';
import { askToFlatten, resumeTrading } from '../halting.ts';
import { START_MS, TradingDesk } from '../trading-desk.fixture.ts';
import { ExchangeWatch } from './exchange-watch.ts';

let desk: TradingDesk;
let watch: ExchangeWatch;
let told: { name: string; severity: string; title: string; key?: string }[];
let ordersTold: string[];
let over: string[];
let events: EventLog;
let differencesTold: string[];

async function open(...overrides: string[]): Promise<void> {
  desk = await TradingDesk.open(overrides);
  told = [];
  ordersTold = [];
  over = [];
  events = new EventLog();
  differencesTold = [];
  openWatch();
}

function openWatch(): void {
  const alerts = {
    raise: (alert: (typeof told)[number]) => void told.push(alert),
    failed: ({ what, ...alert }: { name: string; severity: string; what: string }, error: Error) =>
      void told.push({ ...alert, title: `${what}: ${error.message}` }),
    over: (key: string) => void over.push(key),
    orders: (orders: readonly { state: string }[]) => void ordersTold.push(...orders.map(({ state }) => state)),
    differences: (differences: readonly { subject: string }[]) =>
      void differencesTold.push(...differences.map(({ subject }) => subject)),
  };
  const parts = { dataDir: desk.dataDir, config: desk.config, clock: desk.clock, timer: desk.timer, signal: undefined };
  watch = new ExchangeWatch({
    parts,
    session: desk.session,
    events,
    alerts,
    takeTransfers: async () => undefined,
  } as never);
}
beforeEach(() => open());
afterEach(() => desk.close());

/** Buys, and tells it, as a decision does. */
async function buyAndTell(): Promise<void> {
  await watch.noteOrders([await desk.buy()]);
  ordersTold = [];
}

const names = () => told.map(({ name }) => name);
const isAsked = () => existsSync(join(desk.dataDir, PATHS.flatten));
/** A look at the price whose pause is over at once. */
async function lookAtPrice(): Promise<void> {
  const look = watch.lookAtPrice();
  while (desk.timer.sleepers === 0 && !(await Promise.race([look.then(() => true), new Promise((on) => setImmediate(on))]))) {
    // The sale waits for its second price.
  }
  desk.timer.pass(1_000);
  await look;
}

describe('ExchangeWatch, what people ask for', () => {
  it('sells everything that was asked to be sold, and tells it', async () => {
    await buyAndTell();
    await askToFlatten(desk, 'test');
    await watch.lookForRequests();
    expect(desk.held).toBe('0');
    expect(ordersTold).toEqual(['FILLED']);
    expect(told).toEqual([]);
  });

  it('tells that it did not succeed, and tries again after ever longer pauses', async () => {
    await desk.buy();
    await askToFlatten(desk, 'test');
    desk.venue.sending = 'reject';
    await watch.lookForRequests();
    expect(told).toMatchObject([{ name: 'flatten_failed', severity: 'critical', title: expect.stringContaining('1 ETH') }]);
    const { submits } = desk.venue;
    desk.timer.pass(14_000);
    await watch.lookForRequests();
    expect(desk.venue.submits).toBe(submits);
    desk.timer.pass(1_000);
    await watch.lookForRequests();
    expect(desk.venue.submits).toBe(submits + 1);
    desk.timer.pass(15_000);
    await watch.lookForRequests();
    expect(desk.venue.submits).toBe(submits + 1);
    desk.venue.sending = 'fill';
    desk.timer.pass(15_000);
    await watch.lookForRequests();
    expect(desk.held).toBe('0');
    expect(isAsked()).toBe(false);
  });
});

describe('ExchangeWatch, a market that is gone', () => {
  it('is told as that, once, and neither as an exchange that is down nor with a halt', async () => {
    desk.isDelisted = true;
    await watch.reconcile();
    await watch.reconcile();
    expect(told).toMatchObject([{ name: 'market_delisted', severity: 'critical', title: 'ETHUSDT does not trade at sandbox' }]);
    expect(desk.session.cycle.route.market().status).toBe('delisted');
    expect(await desk.session.cycle.isHalted()).toBe(false);
    desk.isDelisted = false;
    await watch.reconcile();
    expect(names()).toEqual(['market_delisted']);
    expect(desk.session.cycle.route.market().status).toBe('trading');
  });
});

describe('ExchangeWatch, errors', () => {
  const broken = new InvariantError('ledger.fill_does_not_fit', 'a fill does not fit');

  it('halts for what must not be believed, tells it once, and goes on looking', async () => {
    await desk.buy();
    desk.session.cycle.route.protect = async () => {
      throw broken;
    };
    await watch.look();
    await watch.look();
    expect(await desk.session.cycle.isHalted()).toBe(true);
    expect(told).toMatchObject([{ name: 'halted', title: 'trading is halted: ledger.fill_does_not_fit: a fill does not fit' }]);
    expect(watch.trouble).toBe('ledger.fill_does_not_fit: a fill does not fit');
    expect(watch.check).toMatchObject({ status: 'down', detail: expect.stringContaining('does not fit') });
    desk.session.cycle.route.protect = async () => undefined;
    await watch.look();
    expect(watch.trouble).toBeUndefined();
    expect(watch.check).toMatchObject({ status: 'ok', remedy: null });
  });

  it('can still sell everything then, and halts again where it was resumed and nothing is mended', async () => {
    await desk.buy();
    desk.session.cycle.route.protect = async () => {
      throw broken;
    };
    await watch.look();
    const { isHalted } = desk.session.cycle;
    expect(await isHalted()).toBe(true);
    await resumeTrading(desk);
    expect(await isHalted()).toBe(false);
    await watch.look();
    expect(await isHalted()).toBe(true);
    desk.session.cycle.route.protect = async () => undefined;
    expect(await watch.flatten()).toMatchObject({ isFlat: true });
  });

  it('tells an exchange that fails once while it does, and goes on at the next look', async () => {
    await desk.buy();
    const { protect } = desk.session.cycle.route;
    desk.session.cycle.route.protect = async () => {
      throw new ExchangeError('exchange.unreachable', 'connection refused');
    };
    await watch.look();
    await watch.look();
    expect(told).toMatchObject([
      { name: 'watch_failed', severity: 'warning', title: expect.stringContaining('connection refused') },
    ]);
    expect(watch.trouble).toBeUndefined();
    expect(watch.check.status).toBe('degraded');
    expect(await desk.session.cycle.isHalted()).toBe(false);
    desk.session.cycle.route.protect = protect;
    await watch.look();
    expect(desk.venue.openList()).toBeDefined();
  });

  it('goes on where a stop sale was refused for rules that cannot be asked for now', async () => {
    await desk.close();
    await open('exchange.protectOnExchange=off');
    await desk.buy();
    desk.quotes.push('1839');
    desk.secondQuotes.push('1839');
    desk.venue.upcoming.push('reject');
    desk.isDown = true;
    await lookAtPrice();
    expect(names()).toEqual(['watch_failed']);
    desk.isDown = false;
    desk.quotes.push('1839');
    desk.secondQuotes.push('1839');
    await lookAtPrice();
    expect(desk.held).toBe('0');
  });

  it('tells that it cannot even halt, and does not end for it', async () => {
    desk.session.cycle.route.protect = async () => {
      throw broken;
    };
    mkdirSync(join(desk.dataDir, PATHS.halt), { recursive: true });
    await watch.look();
    expect(told).toMatchObject([{ name: 'halted', severity: 'critical', title: expect.stringContaining('could not be halted') }]);
  });

  it('passes on what nobody expected', async () => {
    desk.session.cycle.route.protect = async () => {
      throw new TypeError('a defect');
    };
    await expect(watch.look()).rejects.toThrow('a defect');
  });
});

describe('ExchangeWatch, what is over', () => {
  it('tells each halt under a key of its own, and the same one under the same', async () => {
    const keys = () => told.map(({ key }) => key);
    await watch.halt('first');
    await watch.halt('first');
    await watch.halt('second');
    await resumeTrading(desk);
    desk.clock.moveTo(START_MS + MINUTE_MS);
    await watch.halt('first');
    expect(keys()).toEqual([
      `halted:${START_MS}:first`,
      `halted:${START_MS}:first`,
      `halted:${START_MS}:second`,
      `halted:${START_MS + MINUTE_MS}:first`,
    ]);
  });

  it('says that an exchange answers again, and that the position is protected', async () => {
    desk.isDown = true;
    await watch.reconcile();
    expect([names(), over.includes('exchange_down'), over.includes('market_delisted')]).toEqual([['exchange_down'], false, true]);
    desk.isDown = false;
    over = [];
    watch.reconcileSoon();
    await watch.look();
    expect(over).toEqual(expect.arrayContaining(['exchange_down', 'position_unprotected']));
    desk.isDown = true;
    watch.reconcileSoon();
    await watch.look();
    expect(names()).toEqual(['exchange_down', 'exchange_down']);
  });

  it('tells each look and each error that fails by a key of its own, and that it works again', async () => {
    const { protect } = desk.session.cycle.route;
    for (const code of ['exchange.unreachable', 'exchange.busy']) {
      desk.session.cycle.route.protect = async () => {
        throw new ExchangeError(code, 'no');
      };
      await watch.look();
    }
    expect(told.map(({ key }) => key)).toEqual(['watch_failed:orders:exchange.unreachable', 'watch_failed:orders:exchange.busy']);
    expect(over).not.toContain('watch_failed:orders');
    desk.session.cycle.route.protect = protect;
    await watch.look();
    expect(over).toContain('watch_failed:orders');
  });
});

describe('ExchangeWatch, what becomes of orders', () => {
  const orderEvents = () => events.latest.filter(({ type }) => type === 'order').map(({ data }) => data as OrderOutcome);

  it('tells a stop that the exchange filled between two looks, once', async () => {
    await buyAndTell();
    await watch.lookAtOrders();
    expect(ordersTold).toEqual([]);
    const { priceUsd } = desk.venue;
    desk.venue.reach('stop');
    desk.venue.priceUsd = priceUsd;
    await watch.lookAtPrice();
    for (let time = 0; time < 2; time++) {
      watch.reconcileSoon();
      await watch.lookAtOrders();
    }
    expect(desk.held).toBe('0');
    expect(ordersTold).toEqual(['FILLED']);
    expect(orderEvents().at(-1)).toMatchObject({ state: 'FILLED', filledQuantity: '1' });
    expect(desk.histories).toBeGreaterThan(0);
  });

  it.each([
    ['lost', ['UNKNOWN', 'NOT_FOUND'], '0'],
    ['taken-timeout', ['UNKNOWN', 'CANCELLED'], '0.5'],
  ] as const)('%s: tells an order of unknown outcome again when it is known', async (sending, states, filled) => {
    await desk.close();
    await open('exchange.protectOnExchange=off');
    desk.venue.sending = sending;
    const order = await desk.buy();
    await watch.noteOrders([order]);
    desk.venue.sending = 'fill';
    for (let look = 0; look < 4; look++) {
      desk.clock.moveTo(desk.clock.nowMs() + HOUR_MS);
      watch.reconcileSoon();
      await watch.lookAtOrders();
    }
    const ofOrder = orderEvents().filter(({ clientOrderId }) => clientOrderId === order.clientOrderId);
    expect(ofOrder.map(({ state }) => state)).toEqual(states);
    expect(ofOrder.at(-1)?.filledQuantity).toBe(filled);
  });

  it('tells what was filled while no daemon ran', async () => {
    await buyAndTell();
    await watch.lookAtOrders();
    desk.venue.reach('stop');
    openWatch();
    await watch.reconcile();
    expect(ordersTold).toEqual(['FILLED']);
  });
});

describe('ExchangeWatch, what it tells after a restart', () => {
  const found = { kind: 'foreign_order', subject: 'web_1', journal: 'none', venue: 'CANCELLED', explained: true } as const;

  it('tells what a process found that was killed before it told anybody', async () => {
    await desk.engine.recordReconciliation([{ ...found, action: 'cancelled' }]);
    openWatch();
    await watch.reconcile();
    await watch.reconcile();
    expect(differencesTold).toEqual(['web_1']);
  });

  it('does not tell again what was found long ago', async () => {
    await desk.engine.recordReconciliation([{ ...found, action: 'cancelled' }]);
    desk.clock.moveTo(desk.clock.nowMs() + 6 * HOUR_MS);
    openWatch();
    await watch.reconcile();
    expect(differencesTold).toEqual([]);
  });
});

describe('ExchangeWatch, what must go', () => {
  it('sells by time between decisions', async () => {
    await desk.close();
    await open('strategy.maxHoldingHours=30');
    await buyAndTell();
    desk.clock.moveTo(START_MS + 29 * HOUR_MS);
    await watch.look();
    expect(desk.held).toBe('1');
    desk.clock.moveTo(START_MS + 30 * HOUR_MS);
    await watch.look();
    expect(desk.held).toBe('0');
    expect(desk.ledger.closedTrades).toMatchObject([{ reason: 'time_exit', exitTimeMs: START_MS + 30 * HOUR_MS }]);
    expect(ordersTold).toEqual(['FILLED']);
  });

  /** Looks as long as it takes until so many pairs were refused. */
  async function refusePairs(count: number): Promise<void> {
    await desk.buy();
    desk.venue.sending = 'reject';
    for (let pair = 0; pair < count; pair++) {
      await watch.lookAtOrders();
      desk.clock.moveTo(desk.clock.nowMs() + HOUR_MS);
    }
  }

  it('tells that pair after pair was refused, and goes on watching the price unless told otherwise', async () => {
    await refusePairs(5);
    expect(told).toMatchObject([
      { name: 'position_unprotected', severity: 'critical', title: expect.stringContaining('refused 3 pairs') },
      { name: 'position_unprotected' },
      { name: 'position_unprotected' },
    ]);
    expect(desk.held).toBe('1');
    desk.quotes.push('1839');
    desk.secondQuotes.push('1839');
    desk.venue.sending = 'fill';
    await lookAtPrice();
    expect(desk.held).toBe('0');
  });

  it('sells at the market for it where that is configured', async () => {
    await desk.close();
    await open('exchange.emergencyExit=sell', 'exchange.emergencyExitAfter=2');
    await refusePairs(1);
    expect([desk.held, names()]).toEqual(['1', []]);
    desk.venue.upcoming.push('fill');
    await watch.lookAtOrders();
    expect(desk.held).toBe('0');
    expect(told).toMatchObject([{ name: 'position_unprotected', title: expect.stringContaining('sold at the market') }]);
    expect(desk.ledger.closedTrades).toMatchObject([{ reason: 'emergency_exit' }]);
  });

  it.each([
    ['watch', '1'],
    ['sell', '0'],
  ])('%s: a position that nobody can watch for minutes', async (policy, held) => {
    await desk.close();
    await open('exchange.protectOnExchange=off', `exchange.emergencyExit=${policy}`);
    await desk.buy();
    desk.isPriceKnown = false;
    await watch.look();
    desk.timer.pass(5 * MINUTE_MS - 1);
    await watch.look();
    expect(told).toEqual([]);
    desk.timer.pass(1);
    await watch.look();
    await watch.look();
    expect(names()).toEqual(['position_unprotected']);
    expect(desk.held).toBe(held);
  });

  it('tells one price that no other agrees with, once', async () => {
    await desk.close();
    await open('exchange.protectOnExchange=off');
    await desk.buy();
    for (let time = 0; time < 2; time++) {
      desk.quotes.push('2');
      desk.secondQuotes.push('2000');
      await lookAtPrice();
    }
    expect(names()).toEqual(['price_doubtful']);
    expect(desk.held).toBe('1');
  });

  it.each([
    ['watch', '1'],
    ['sell', '0'],
  ])(
    'takes an absurd price that is told again and again for none, and does what emergencyExit says: %s',
    async (policy, held) => {
      await desk.close();
      await open('exchange.protectOnExchange=off', `exchange.emergencyExit=${policy}`);
      await desk.buy();
      desk.lastClose = '2000';
      const absurd = async (minutes: number) => {
        desk.quotes.push('20');
        desk.secondQuotes.push('20');
        await lookAtPrice();
        desk.timer.pass(minutes * MINUTE_MS);
      };
      await absurd(4);
      await watch.lookAtOrders();
      expect([names(), desk.held]).toEqual([['price_doubtful'], '1']);
      await absurd(1);
      await watch.lookAtOrders();
      expect([names(), desk.held]).toEqual([['price_doubtful', 'position_unprotected'], held]);
    },
  );

  it('leaves the orders to whoever acts, and looks at the price all the same', async () => {
    await desk.close();
    await open('exchange.protectOnExchange=off');
    await desk.buy();
    let isOver = (): void => undefined;
    const acting = desk.session.turn.take(
      () =>
        new Promise<void>((over) => {
          isOver = over;
          desk.session.turn.broken?.addEventListener('abort', () => over());
        }),
    );
    await watch.lookAtOrders();
    desk.quotes.push('1839');
    desk.secondQuotes.push('1839');
    await lookAtPrice();
    await acting;
    isOver();
    expect(desk.held).toBe('0');
  });
});

describe('ExchangeWatch, orders that end badly', () => {
  it('tells of a pair that was refused, once, and again after a restart that may have cut it off', async () => {
    await buyAndTell();
    desk.venue.sending = 'reject';
    await watch.lookAtOrders();
    await watch.lookAtOrders();
    expect(ordersTold).toEqual(['REJECTED', 'REJECTED']);
    openWatch();
    await watch.reconcile();
    expect(ordersTold).toHaveLength(4);
    desk.clock.moveTo(desk.clock.nowMs() + 6 * HOUR_MS);
    openWatch();
    await watch.reconcile();
    expect(ordersTold).toHaveLength(4);
  });
});
