import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ExchangeError } from '../domain/index.ts';
import { FileJournal, type JournalRecord } from '../trading/index.ts';
import { PATHS } from './app-parts.ts';
import { TradingDesk } from './trading-desk.fixture.ts';
import { bookTransfer } from './transfer.ts';
import { answerOf, askToTransfer, takeTransferRequests } from './transfer-requests.ts';

let desk: TradingDesk;
beforeEach(async () => {
  desk = await TradingDesk.open();
});
afterEach(() => desk.close());

const requests = () => readdirSync(join(desk.dataDir, PATHS.requests));
const take = () => takeTransferRequests(desk, (request) => bookTransfer(desk, desk.session, request));
const ask = (requestId: string, amount: string, asset: 'USDT' | 'ETH' = 'USDT') =>
  askToTransfer(desk, { requestId, amount, asset });

describe('bookTransfer', () => {
  it('changes what is owned, at the price now', async () => {
    expect(await bookTransfer(desk, desk.session, { asset: 'ETH', amount: '0.5', requestId: 'a' })).toEqual({
      requestId: 'a',
      asset: 'ETH',
      amount: '0.5',
      valueUsd: '1000',
      owned: { eth: '0.5', usd: '10000' },
    });
    expect(desk.ledger.transfersUsd.toFixed()).toBe('11000');
  });

  it('takes no more than is owned, and values Ether at no guess', async () => {
    const book = (asset: 'USDT' | 'ETH', amount: string) => bookTransfer(desk, desk.session, { asset, amount });
    await expect(book('USDT', '-10001')).rejects.toMatchObject({ code: 'transfer.not_owned' });
    desk.isPriceKnown = false;
    await expect(book('ETH', '1')).rejects.toMatchObject({ code: 'transfer.no_price' });
    expect(desk.ledger.transfersUsd.toFixed()).toBe('10000');
  });

  it('books nothing twice: the journal knows the request', async () => {
    const journal = await FileJournal.open(join(desk.dataDir, PATHS.journal));
    const booked: JournalRecord = {
      type: 'transfer',
      atMs: 1,
      asset: 'USDT',
      amount: '500',
      valueUsd: '500',
      reason: 'by hand, request a',
    };
    await journal.append([booked]);
    await journal.close();
    expect(await bookTransfer(desk, desk.session, { asset: 'USDT', amount: '500', requestId: 'a' })).toMatchObject({
      valueUsd: '500',
    });
    expect(desk.ledger.cashUsd.toFixed()).toBe('10000');
  });

  it('waits for its turn', async () => {
    let end = (): void => undefined;
    const acting = desk.session.turn.take(
      () =>
        new Promise<void>((done) => {
          end = done;
        }),
    );
    const booked = bookTransfer(desk, desk.session, { asset: 'USDT', amount: '500' });
    await new Promise((on) => setImmediate(on));
    expect(desk.ledger.cashUsd.toFixed()).toBe('10000');
    end();
    await acting;
    expect(await booked).toMatchObject({ owned: { usd: '10500' } });
  });
});

describe('takeTransferRequests', () => {
  it('books what is asked for, and answers once', async () => {
    expect(await take()).toEqual([]);
    await ask('a', '500');
    expect(await answerOf(desk, 'a')).toBeUndefined();
    expect(await take()).toEqual([{ requestId: 'a', isBooked: true }]);
    expect(await answerOf(desk, 'a')).toMatchObject({ requestId: 'a', owned: { usd: '10500' } });
    expect(requests()).toEqual([]);
  });

  it('says why one was refused, and books the others', async () => {
    await ask('a', '-99999');
    await ask('b', '1');
    mkdirSync(join(desk.dataDir, PATHS.requests), { recursive: true });
    writeFileSync(join(desk.dataDir, PATHS.requests, 'transfer-c.json'), '{"amount":');
    expect(await take()).toEqual([
      { requestId: 'a', isBooked: false },
      { requestId: 'b', isBooked: true },
      { requestId: 'c', isBooked: false },
    ]);
    await expect(answerOf(desk, 'a')).rejects.toMatchObject({
      code: 'transfer.not_owned',
      hint: expect.stringContaining('ets journal'),
    });
    await expect(answerOf(desk, 'c')).rejects.toMatchObject({ code: 'transfer.bad_request' });
  });

  it('answers that the exchange failed', async () => {
    await ask('a', '1');
    await takeTransferRequests(desk, async () => {
      throw new ExchangeError('exchange.unreachable', 'no');
    });
    await expect(answerOf(desk, 'a')).rejects.toMatchObject({ code: 'exchange.unreachable' });
  });
});
