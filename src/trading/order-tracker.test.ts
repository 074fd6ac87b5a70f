import { describe, expect, it } from 'vitest';
import type { LookupResult } from './broker.ts';
import { DESK_START, openDesk, orderOf } from './engine-desk.contract.ts';
import type { JournalRecord } from './journal/journal-record.ts';
import { MemoryJournal } from './journal/memory-journal.ts';
import type { TradingEngine } from './trading-engine.ts';

const buy = orderOf('b', 'buy');
const { clientOrderId } = buy;
/** From then on the exchange cannot accept `buy` any more. */
const PROVABLE_MS = DESK_START + 5_000 + 6_000 + 1;

/** The exchange gives these answers to look-ups, one after the other. @returns how many it gave so far */
function answering(engine: TradingEngine, ...answers: LookupResult[]): () => number {
  let given = 0;
  engine.broker.lookup = async () => answers[given++] ?? { outcome: 'unknown', message: 'no more answers' };
  return () => given;
}

const missingAt = (venueTimeMs: number): LookupResult => ({ outcome: 'not_found', venueTimeMs });
const unknown: LookupResult = { outcome: 'unknown', message: 'time-out' };

/** A desk with an order of which nobody has told whether it arrived. */
async function lostDesk() {
  const desk = await openDesk();
  desk.venue.sending = 'lost';
  await desk.engine.execute([buy]);
  return { ...desk, order: desk.engine.ledger.order(clientOrderId) };
}

describe('the answer to an order', () => {
  it.each([
    [{}, { isTransient: false, brokeFilter: false }],
    [{ isTransient: true }, { isTransient: true, brokeFilter: false }],
    [{ brokeFilter: true }, { isTransient: false, brokeFilter: true }],
  ])('that refuses it with %o is written down with what kind of refusal it is', async (kind, expected) => {
    const { engine, records } = await openDesk();
    engine.broker.submit = async () => ({ outcome: 'rejected', message: 'no', ...kind });
    expect(await engine.execute([buy])).toMatchObject([{ state: 'REJECTED', message: 'no' }]);
    expect((await records()).at(-1)).toEqual({
      type: 'order_state',
      atMs: DESK_START,
      clientOrderId,
      state: 'REJECTED',
      venueOrderId: null,
      message: 'no',
      ...expected,
    });
    expect(engine.ledger.order(clientOrderId)).toMatchObject(expected);
  });

  it('that was lost leaves it unknown, with why', async () => {
    const { order, records } = await lostDesk();
    expect(order).toMatchObject({ state: 'UNKNOWN', message: 'time-out', updatedAtMs: DESK_START });
    expect((await records()).at(-1)).toMatchObject({ type: 'order_state', state: 'UNKNOWN', message: 'time-out' });
  });
});

describe('the proof that an order never arrived', () => {
  it('needs two look-ups after it could arrive, made at once where both are answered', async () => {
    const { engine, order } = await lostDesk();
    const given = answering(engine, missingAt(PROVABLE_MS), missingAt(PROVABLE_MS));
    await engine.refresh();
    expect(order).toMatchObject({ state: 'NOT_FOUND', message: 'missing at the exchange 2 times after it could arrive' });
    expect(given()).toBe(2);
  });

  it('counts nothing before it could no longer arrive, by the clock of the exchange', async () => {
    const { engine, order } = await lostDesk();
    const given = answering(engine, missingAt(PROVABLE_MS - 1), missingAt(PROVABLE_MS - 1), missingAt(PROVABLE_MS), unknown);
    for (let look = 0; look < 3; look++) await engine.refresh();
    expect(order.state).toBe('UNKNOWN');
    expect(given()).toBe(4);
  });

  it('goes on at the next look where the second look-up was not answered', async () => {
    const { engine, order } = await lostDesk();
    const given = answering(engine, missingAt(PROVABLE_MS), unknown, missingAt(PROVABLE_MS));
    await engine.refresh();
    expect(order.state).toBe('UNKNOWN');
    await engine.refresh();
    expect(order.state).toBe('NOT_FOUND');
    expect(given()).toBe(3);
  });

  it('is never made of an order that the exchange has told of', async () => {
    const { engine, venue } = await openDesk();
    venue.sending = 'rest';
    await engine.execute([buy]);
    const given = answering(engine, missingAt(PROVABLE_MS), missingAt(PROVABLE_MS), missingAt(PROVABLE_MS));
    for (let look = 0; look < 3; look++) expect(await engine.refresh()).toMatchObject([{ state: 'ACCEPTED' }]);
    expect(given()).toBe(3);
  });

  it('cannot be made yet until the earliest of the times of the orders that are open', async () => {
    const { engine, venue, clock } = await lostDesk();
    expect(engine.waitingForMs()).toBe(PROVABLE_MS);
    clock.moveTo(DESK_START + 1_000);
    await engine.execute([orderOf('c', 'buy')]);
    expect(engine.waitingForMs()).toBe(PROVABLE_MS);
    venue.sending = 'rest';
    await engine.execute([orderOf('d', 'buy')]);
    clock.moveTo(PROVABLE_MS);
    await engine.refresh();
    expect(engine.waitingForMs()).toBe(PROVABLE_MS + 1_000);
    clock.moveTo(PROVABLE_MS + 1_000);
    await engine.refresh();
    expect(engine.waitingForMs()).toBeUndefined();
  });
});

describe('looking an order up', () => {
  it.each(['order.before_lookup', 'order.after_lookup'])('may die at %s', async (point) => {
    let isDying = false;
    const crash = (reached: string) => {
      if (isDying && reached === point) throw new Error('killed');
    };
    const { engine, venue, records } = await openDesk({ crash });
    venue.sending = 'taken-timeout';
    await engine.execute([buy]);
    const before = (await records()).length;
    isDying = true;
    await expect(engine.refresh()).rejects.toThrow('killed');
    expect(await records()).toHaveLength(before);
  });

  it('calls an order unknown that was not answered before a restart, and gives up one that was not sent', async () => {
    const journal = new MemoryJournal();
    const sent = orderOf('s', 'buy');
    const planned: JournalRecord[] = [
      { type: 'transfer', atMs: 0, asset: 'USDT', amount: '10000', valueUsd: '10000', reason: 'capital' },
      { type: 'order_planned', atMs: DESK_START, intent: buy },
      { type: 'order_planned', atMs: DESK_START, intent: sent },
      { type: 'order_submitting', atMs: DESK_START, clientOrderId: sent.clientOrderId, sendBeforeMs: DESK_START + 5_000 },
    ];
    await journal.append(planned);
    const { engine, venue } = await openDesk({ journal });
    expect(engine.waitingForMs()).toBe(PROVABLE_MS);
    venue.isDown = true;
    expect(await engine.refresh()).toMatchObject([
      { clientOrderId: sent.clientOrderId, state: 'UNKNOWN', message: 'not answered before a restart' },
    ]);
    expect(await engine.recover()).toMatchObject([
      { clientOrderId, state: 'NOT_SENT', message: 'planned before a restart' },
      { clientOrderId: sent.clientOrderId, state: 'UNKNOWN' },
    ]);
  });

  it.each([
    ['rest', 'ACCEPTED'],
    ['part', 'PARTIALLY_FILLED'],
  ] as const)('opens an order again whose cancellation did not get through, after "%s" as %s', async (sending, state) => {
    const { engine, venue, records } = await openDesk();
    venue.sending = sending;
    await engine.execute([buy]);
    venue.isDown = true;
    expect(await engine.cancel(clientOrderId)).toMatchObject({ state: 'CANCELLING' });
    venue.isDown = false;
    expect(await engine.refresh()).toMatchObject([{ state, message: 'still open after a cancellation' }]);
    const before = await records();
    await engine.refresh();
    expect(await records()).toEqual(before);
  });

  it('opens nothing again that has ended at the exchange while its executions are not shown yet', async () => {
    const { engine, venue } = await openDesk();
    venue.sending = 'lagging';
    await engine.execute([buy]);
    const [report] = await engine.broker.openOrders('ETHUSDT');
    engine.broker.cancel = async () => ({ outcome: 'unknown', message: 'time-out' });
    answering(engine, { outcome: 'found', report: { ...report!, state: 'CANCELLED', fills: [] } });
    expect(await engine.cancel(clientOrderId)).toMatchObject({ state: 'CANCELLING', filledQuantity: '0', message: null });
  });

  it('writes nothing where the report has nothing new', async () => {
    const { engine, venue, journal } = await openDesk({ protection: { stopLoss: 0.1 } });
    venue.sending = 'part';
    await engine.execute([buy]);
    await engine.recordProtection(null);
    journal.append = async () => {
      throw new Error('written');
    };
    expect(await engine.refresh()).toMatchObject([{ state: 'PARTIALLY_FILLED' }]);
  });

  it('looks at one order, and at nothing that has ended or that nobody knows', async () => {
    const { engine, venue } = await openDesk();
    venue.sending = 'rest';
    await engine.execute([buy, orderOf('c', 'buy')]);
    venue.fillRest();
    expect(await engine.lookAt('nobody')).toBe(false);
    expect(await engine.lookAt(clientOrderId)).toBe(true);
    expect([...engine.ledger.orders.values()].map(({ state }) => state)).toEqual(['FILLED', 'ACCEPTED']);
    const given = answering(engine);
    expect(await engine.lookAt(clientOrderId)).toBe(true);
    expect(given()).toBe(0);
  });
});

describe('fees whose value nobody told', () => {
  const charged = (tradeId: string, feeAsset: string): JournalRecord => ({
    type: 'fill',
    atMs: DESK_START,
    fill: {
      tradeId,
      clientOrderId,
      side: 'buy',
      quantity: '0.1',
      priceUsd: '2000',
      feeAmount: '0.001',
      feeAsset,
      feeUsd: null,
      executedAtMs: DESK_START,
    },
  });

  /** A desk with three such fees in two assets. */
  async function chargedDesk() {
    const journal = new MemoryJournal();
    await journal.append([
      { type: 'transfer', atMs: 0, asset: 'USDT', amount: '10000', valueUsd: '10000', reason: 'capital' },
      { type: 'order_planned', atMs: DESK_START, intent: buy },
      { type: 'order_submitting', atMs: DESK_START, clientOrderId, sendBeforeMs: DESK_START + 5_000 },
      charged('1', 'BNB'),
      charged('2', 'GONE'),
      charged('3', 'BNB'),
      charged('4', 'GONE'),
    ]);
    const desk = await openDesk({ journal });
    answering(desk.engine);
    return desk;
  }

  it('are asked for, an asset that has no price once a look, and valued with what the exchange says', async () => {
    const { engine, records } = await chargedDesk();
    const asked: string[] = [];
    engine.broker.feeValueUsd = async ({ asset }) => {
      asked.push(asset);
      return asset === 'BNB' ? '0.5' : undefined;
    };
    await engine.refresh();
    expect(asked).toEqual(['BNB', 'GONE', 'BNB']);
    expect((await records()).slice(-2)).toEqual([
      { type: 'fee_valued', atMs: DESK_START, clientOrderId, tradeId: '1', feeUsd: '0.5' },
      { type: 'fee_valued', atMs: DESK_START, clientOrderId, tradeId: '3', feeUsd: '0.5' },
    ]);
    expect(engine.ledger.feesUsd.toFixed()).toBe('1');
    expect([...engine.ledger.unvaluedFees.keys()]).toEqual([`${clientOrderId}/2`, `${clientOrderId}/4`]);
  });

  it('stay as they are where the exchange values none', async () => {
    const { engine, records } = await chargedDesk();
    const before = await records();
    await engine.refresh();
    expect(await records()).toEqual(before);
    expect(engine.ledger.unvaluedFees.size).toBe(4);
  });
});
