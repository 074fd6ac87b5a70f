import { describe, expect, it } from 'vitest';
import { HOUR_MS, InvariantError, ManualClock, MINUTE_MS, money } from '../domain/index.ts';
import { SENDING, type Sending, SimulatedVenue } from './brokers/simulated-venue.contract.ts';
import { orderAt } from './engine-desk.contract.ts';
import type { JournalRecord } from './journal/journal-record.ts';
import { MemoryJournal } from './journal/memory-journal.ts';
import { isTerminal } from './order-state.ts';
import { TradingEngine } from './trading-engine.ts';

const buy = orderAt(0, 10 * HOUR_MS);

/** A journal on a disk that is full from its `fullAt`-th append on, until there is space again. */
class CrampedJournal extends MemoryJournal {
  fullAt = Number.POSITIVE_INFINITY;
  #appends = 0;

  override async append(records: readonly JournalRecord[]): Promise<number> {
    if (++this.#appends >= this.fullAt) throw new InvariantError('journal.write_failed', 'ENOSPC: no space left on device');
    return super.append(records);
  }
}

async function startDesk(sending: Sending) {
  const clock = new ManualClock(0);
  const venue = new SimulatedVenue(clock, '10000');
  venue.sending = sending;
  const journal = new CrampedJournal();
  const open = () =>
    TradingEngine.open({
      journal,
      clock,
      connect: () => venue.connect(),
      gate: () => [],
      capitalUsd: '10000',
      protection: { stopLoss: 0.08 },
    });
  return { clock, venue, journal, open, engine: await open() };
}

type Desk = Awaited<ReturnType<typeof startDesk>>;

/** Restarts, lets everything come to its end, and compares the journal with the exchange. */
async function expectAgreement({ clock, venue, open }: Desk): Promise<void> {
  const engine = await open();
  await engine.recover();
  await engine.execute([buy]);
  clock.moveTo((engine.waitingForMs() ?? clock.nowMs()) + MINUTE_MS);
  venue.expireRest();
  await engine.refresh();
  await engine.refresh();
  const order = engine.ledger.order(buy.clientOrderId);
  expect(isTerminal(order.state)).toBe(true);
  expect(venue.submits).toBeLessThanOrEqual(1);
  expect(venue.orders.length).toBeLessThanOrEqual(1);
  expect(order.filledQuantity.toFixed()).toBe(venue.orders[0]?.executed.toFixed() ?? '0');
  for (const asset of ['ETH', 'USDT'])
    expect(engine.ledger.balance(asset).toFixed()).toBe((venue.balances.get(asset) ?? money(0)).toFixed());
}

describe.each(SENDING)('an order that meets "%s"', (sending) => {
  it.each([2, 3, 4, 5])('is neither lost nor repeated when the disk is full from append %d on', async (fullAt) => {
    const desk = await startDesk(sending);
    desk.journal.fullAt = fullAt;
    await desk.engine
      .execute([buy])
      .then(() => desk.engine.refresh())
      .catch((error: unknown) => {
        expect(error).toMatchObject({ code: 'journal.write_failed' });
      });
    if (fullAt === 2) expect(desk.venue.submits).toBe(0);
    desk.journal.fullAt = Number.POSITIVE_INFINITY;
    await expectAgreement(desk);
  });

  it('is neither lost nor repeated when the exchange is down for an hour after it', async () => {
    const desk = await startDesk(sending);
    const { clock, venue, engine, open } = desk;
    await engine.execute([buy]);
    venue.isDown = true;
    let current = engine;
    for (let minute = 1; minute <= 60; minute++) {
      clock.moveTo(minute * MINUTE_MS);
      if (minute % 10 === 0) {
        current = await open();
        await current.recover();
      } else await current.refresh();
      await current.execute([buy]);
    }
    if (!isTerminal(engine.ledger.order(buy.clientOrderId).state))
      expect(isTerminal(current.ledger.order(buy.clientOrderId).state)).toBe(false);
    venue.isDown = false;
    await expectAgreement(desk);
  });
});
