import { describe, expect, it } from 'vitest';
import { money } from '../domain/index.ts';
import type { OrderReport } from './broker.ts';
import { openDesk, orderOf, pairOf } from './engine-desk.contract.ts';
import { foldJournal } from './ledger.ts';
import type { Fill } from './order.ts';
import type { TradingEngine } from './trading-engine.ts';

const buy = orderOf('b', 'buy');

/** The exchange does what it is asked, and tells it wrongly: in reply to the order, or also to every look-up. */
function tellWrongly(engine: TradingEngine, where: 'reply' | 'always', change: (report: OrderReport) => Partial<OrderReport>) {
  const { submit, lookup } = engine.broker;
  const wrong = (report: OrderReport): OrderReport => ({ ...report, ...change(report) });
  engine.broker.submit = async (...given) => {
    const result = await submit.call(engine.broker, ...given);
    return result.outcome === 'accepted' ? { ...result, report: wrong(result.report) } : result;
  };
  if (where === 'always')
    engine.broker.lookup = async (reference) => {
      const result = await lookup.call(engine.broker, reference);
      return result.outcome === 'found' ? { ...result, report: wrong(result.report) } : result;
    };
}

const eachFill =
  (change: (fill: Fill) => Partial<Fill>) =>
  ({ fills }: OrderReport): Partial<OrderReport> => ({ fills: fills.map((fill) => ({ ...fill, ...change(fill) })) });

const WRONG: [string, string, (report: OrderReport) => Partial<OrderReport>][] = [
  ['an execution of twice the order', 'ledger.fill_does_not_fit', eachFill(() => ({ quantity: '2' }))],
  [
    'executions that add up to more',
    'ledger.fill_does_not_fit',
    ({ fills }) => ({ fills: ['x', 'y'].map((tradeId) => ({ ...fills[0]!, tradeId })) }),
  ],
  ['an execution of nothing', 'order.fill_absurd', eachFill(() => ({ quantity: '0' }))],
  ['a negative execution', 'order.fill_absurd', eachFill(() => ({ quantity: '-1' }))],
  ['an execution of the other side', 'ledger.fill_does_not_fit', eachFill(() => ({ side: 'sell' }))],
  ['an execution of an order that nobody knows', 'ledger.unknown_order', eachFill(() => ({ clientOrderId: 'other' }))],
  ['a negative price', 'order.fill_absurd', eachFill(({ priceUsd }) => ({ priceUsd: `-${priceUsd}` }))],
  ['a price of nothing', 'order.fill_absurd', eachFill(() => ({ priceUsd: '0' }))],
  ['a price that nobody could pay', 'order.fill_absurd', eachFill(() => ({ priceUsd: '1000000000' }))],
  ['a negative fee', 'order.fill_absurd', eachFill(() => ({ feeAmount: '-5', feeUsd: '-5' }))],
  ['a fee larger than the order', 'order.fill_absurd', eachFill(() => ({ feeAmount: '5000000', feeUsd: '5000000' }))],
  ['another quantity', 'order.report_differs', () => ({ quantity: money(2) })],
  ['the other side', 'order.report_differs', () => ({ side: 'sell' })],
  ['a limit that was not meant', 'order.report_differs', () => ({ limitPriceUsd: '1' })],
];

describe('a reply to an order that does not fit', () => {
  it.each(WRONG)('%s is refused before anything is written', async (_name, code, change) => {
    const { engine, venue, journal, open } = await openDesk({ maxPriceDeviation: 0.1 });
    tellWrongly(engine, 'reply', change);
    await expect(engine.execute([buy])).rejects.toMatchObject({ code });
    expect(engine.ledger.order(buy.clientOrderId).state).toBe('SUBMITTING');
    const folded = await foldJournal(journal.entries());
    expect(folded.cashUsd.toFixed()).toBe('10000');

    const again = await open();
    expect(await again.recover()).toMatchObject([{ state: 'FILLED', filledQuantity: '1' }]);
    expect(again.ledger.cashUsd.toFixed()).toBe(venue.balances.get('USDT')!.toFixed());
  });

  it.each(WRONG)('%s is refused at every look while it is told', async (_name, code, change) => {
    const { engine, journal } = await openDesk({ maxPriceDeviation: 0.1 });
    tellWrongly(engine, 'always', change);
    await expect(engine.execute([buy])).rejects.toMatchObject({ code });
    await expect(engine.refresh()).rejects.toMatchObject({ code });
    await expect(engine.recover()).rejects.toMatchObject({ code });
    expect((await foldJournal(journal.entries())).fillCount).toBe(0);
    expect(engine.ledger.workingOrders()).toHaveLength(1);
  });

  it('an end that cannot follow is refused, and the journal opens', async () => {
    const { engine, venue, journal, open } = await openDesk();
    venue.sending = 'rest';
    await engine.execute([buy]);
    engine.broker.cancel = async () => ({ outcome: 'unknown', message: 'time-out' });
    const { lookup } = engine.broker;
    engine.broker.lookup = async (reference) => {
      const result = await lookup.call(engine.broker, reference);
      return result.outcome === 'found' ? { ...result, report: { ...result.report, state: 'REJECTED' } } : result;
    };
    await expect(engine.cancel(buy.clientOrderId)).rejects.toMatchObject({ code: 'order.illegal_transition' });
    expect((await foldJournal(journal.entries())).order(buy.clientOrderId).state).toBe('CANCELLING');
    expect(await (await open()).recover()).toMatchObject([{ state: 'ACCEPTED' }]);
  });

  it('of one order keeps nobody from booking the others', async () => {
    const { engine, venue } = await openDesk();
    venue.sending = 'rest';
    const other = orderOf('c', 'buy');
    await engine.execute([buy, other]);
    venue.fillRest();
    const { lookup } = engine.broker;
    engine.broker.lookup = async (reference) => {
      const result = await lookup.call(engine.broker, reference);
      const isWrong = result.outcome === 'found' && reference.clientOrderId === buy.clientOrderId;
      return isWrong ? { ...result, report: { ...result.report, side: 'sell' } } : result;
    };
    await expect(engine.refresh()).rejects.toMatchObject({ code: 'order.report_differs' });
    expect(engine.ledger.order(buy.clientOrderId).state).toBe('ACCEPTED');
    expect(engine.ledger.order(other.clientOrderId).state).toBe('FILLED');
  });

  it('of a pair is refused as of an order', async () => {
    const { engine, journal } = await openDesk();
    await engine.execute([orderOf('b', 'buy')]);
    const { orderLists } = engine.broker;
    const { submit } = orderLists!;
    orderLists!.submit = async (...given) => {
      const result = await submit(...given);
      if (result.outcome !== 'accepted') return result;
      return { ...result, reports: result.reports.map((report) => ({ ...report, quantity: money(9) })) };
    };
    await expect(engine.executeList(pairOf('p'))).rejects.toMatchObject({ code: 'order.report_differs' });
    expect((await foldJournal(journal.entries())).unsettledOrders().map(({ state }) => state)).toEqual([
      'SUBMITTING',
      'SUBMITTING',
    ]);
  });
});

describe('records that cannot follow', () => {
  it('are refused as a whole before the first is written', async () => {
    const { engine, journal } = await openDesk();
    const { lastSeq } = journal;
    const adopted = orderOf('a', 'buy', { quantity: '1' });
    const report: OrderReport = {
      clientOrderId: adopted.clientOrderId,
      venueOrderId: '1',
      state: 'FILLED',
      side: 'buy',
      quantity: money(1),
      limitPriceUsd: null,
      executedQuantity: money(1),
      fills: ['1', '2'].map((tradeId) => ({
        tradeId,
        clientOrderId: adopted.clientOrderId,
        side: 'buy',
        quantity: '0.6',
        priceUsd: '2000',
        feeAmount: '0',
        feeAsset: 'USDT',
        feeUsd: '0',
        executedAtMs: 1,
      })),
      atMs: 1,
    };
    await expect(engine.adopt(adopted, report)).rejects.toMatchObject({ code: 'ledger.fill_does_not_fit' });
    // The order itself was planned and announced; neither of its executions is there.
    expect(journal.lastSeq).toBe(lastSeq + 2);
    expect((await foldJournal(journal.entries())).order(adopted.clientOrderId).filledQuantity.toFixed()).toBe('0');
  });
});
