import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../domain/index.ts';
import { orderOf } from '../engine-desk.contract.ts';
import { Ledger } from '../ledger.ts';
import { readAll, transferRecord } from './journal.contract.ts';
import { JournalWriter } from './journal-writer.ts';
import { MemoryJournal } from './memory-journal.ts';

const START = 1_700_000_000_000;

function openWriter() {
  const journal = new MemoryJournal();
  const clock = new ManualClock(START);
  return { journal, clock, writer: new JournalWriter(journal, new Ledger(), clock) };
}

/** Work that ends when it is told to. */
function workUntilTold(log: string[], name: string) {
  let end!: () => void;
  const told = new Promise<void>((resolve) => {
    end = resolve;
  });
  const work = async () => {
    log.push(`${name} begins`);
    await told;
    log.push(`${name} ends`);
    return name;
  };
  return { work, end };
}

describe('JournalWriter', () => {
  it('shows records in the ledger once they are durable, all of them in order', async () => {
    const { journal, writer } = openWriter();
    const append = journal.append.bind(journal);
    const atAppend: string[] = [];
    journal.append = async (records) => {
      atAppend.push(writer.ledger.balance('USDT').toFixed());
      return append(records);
    };
    await writer.write([transferRecord(1), transferRecord(2)]);
    await writer.write([transferRecord(4)]);
    expect(atAppend).toEqual(['0', '3']);
    expect(writer.ledger.balance('USDT').toFixed()).toBe('7');
    expect((await readAll(journal)).map(({ record }) => record)).toEqual([1, 2, 4].map(transferRecord));
  });

  it('writes nothing where a record cannot follow, the ones before it included', async () => {
    const { journal, writer } = openWriter();
    const intent = orderOf('b', 'buy');
    const { clientOrderId } = intent;
    const sent = [
      { type: 'order_planned', atMs: START, intent },
      { type: 'order_submitting', atMs: START, clientOrderId, sendBeforeMs: START },
    ] as const;
    const ended = {
      type: 'order_state',
      atMs: START,
      clientOrderId,
      state: 'FILLED',
      venueOrderId: null,
      message: null,
    } as const;
    await expect(writer.write([transferRecord(1), ...sent, ended, ended])).rejects.toMatchObject({
      code: 'order.illegal_transition',
      details: { clientOrderId, from: 'FILLED', to: 'FILLED' },
    });
    expect(journal.lastSeq).toBe(0);
    expect([writer.ledger.orders.size, writer.ledger.balance('USDT').toFixed()]).toEqual([0, '0']);
    await writer.write([...sent, ended]);
    expect(writer.ledger.order(clientOrderId).state).toBe('FILLED');
    await expect(writer.write([sent[0]])).rejects.toMatchObject({ code: 'ledger.order_planned_twice' });
    expect(journal.lastSeq).toBe(3);
  });

  it('leaves the ledger as it was where the journal could not take a record', async () => {
    const { journal, writer } = openWriter();
    journal.append = async () => {
      throw new Error('disk full');
    };
    await expect(writer.write([transferRecord(1)])).rejects.toThrow('disk full');
    expect(writer.ledger.balances.size).toBe(0);
  });

  it('lets one caller end before the next begins, in the order of their calls', async () => {
    const { writer } = openWriter();
    const log: string[] = [];
    const [first, second] = [workUntilTold(log, 'first'), workUntilTold(log, 'second')];
    const results = Promise.all([writer.inTurn(first.work), writer.inTurn(second.work)]);
    second.end();
    await Promise.resolve();
    expect(log).toEqual(['first begins']);
    first.end();
    expect(await results).toEqual(['first', 'second']);
    expect(log).toEqual(['first begins', 'first ends', 'second begins', 'second ends']);
  });

  it('tells a failure to the caller whose it is, and goes on with the next', async () => {
    const { writer } = openWriter();
    const failed = writer.inTurn(async () => {
      throw new Error('mine');
    });
    const next = writer.inTurn(async () => 'next');
    await expect(failed).rejects.toThrow('mine');
    expect(await next).toBe('next');
    await expect(writer.whenIdle()).resolves.toBeUndefined();
  });

  it('is idle when every caller until then has ended', async () => {
    const { writer } = openWriter();
    const log: string[] = [];
    const only = workUntilTold(log, 'work');
    const done = writer.inTurn(only.work);
    const idle = writer.whenIdle().then(() => log.push('idle'));
    only.end();
    await Promise.all([done, idle]);
    expect(log).toEqual(['work begins', 'work ends', 'idle']);
  });

  it('dates by the clock of the world and closes its journal', async () => {
    const { journal, clock, writer } = openWriter();
    clock.moveTo(START + 5);
    expect(writer.nowMs()).toBe(START + 5);
    let isClosed = false;
    journal.close = async () => {
      isClosed = true;
    };
    await writer.close();
    expect(isClosed).toBe(true);
  });
});
