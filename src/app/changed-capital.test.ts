import { describe, expect, it } from 'vitest';
import { foldJournal, type JournalRecord, Ledger, snapshotLedger } from '../trading/index.ts';
import { whyCapitalIgnored } from './changed-capital.ts';

const given = (amount: string, reason: string): JournalRecord => ({
  type: 'transfer',
  atMs: 1,
  asset: 'USDT',
  amount,
  valueUsd: amount,
  reason,
});
const ledgerOf = (...records: JournalRecord[]) => foldJournal(records.map((record, i) => ({ seq: i + 1, record })));

describe('whyCapitalIgnored', () => {
  it.each([
    ['3000', 'what the journal began with'],
    ['3000.00', 'the same, written otherwise'],
    ['5000', 'what was given until now'],
  ])('has nothing to say of %s: %s', async (configured) => {
    expect(whyCapitalIgnored(await ledgerOf(given('3000', 'capital'), given('2000', 'by hand')), configured)).toBeUndefined();
  });

  it.each([
    ['6000', '3000'],
    ['1000', '-2000'],
  ])('names the transfer that makes it %s, also after a compaction', async (configured, amount) => {
    const ledger = await ledgerOf(given('3000', 'capital'));
    const why = `capitalUsd is ${configured}, and the journal goes on with the 3000 that it began with; \`ets transfer --amount=${amount}\` tells it what was given or taken since`;
    expect(whyCapitalIgnored(ledger, configured)).toBe(why);
    const compacted = await ledgerOf({ type: 'checkpoint', atMs: 2, ledger: snapshotLedger(ledger) });
    expect(whyCapitalIgnored(compacted, configured)).toBe(why);
  });

  it('has nothing to say of a journal that is new, or does not say what it began with', async () => {
    expect(whyCapitalIgnored(new Ledger(), '6000')).toBeUndefined();
    const { capitalUsd: _notSaid, ...before } = snapshotLedger(await ledgerOf(given('3000', 'capital')));
    expect(whyCapitalIgnored(await ledgerOf({ type: 'checkpoint', atMs: 2, ledger: before }), '6000')).toBeUndefined();
  });
});
