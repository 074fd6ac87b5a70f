import { join } from 'node:path';
import { InvariantError, money } from '../domain/index.ts';
import { writeFileAtomic } from '../storage/index.ts';
import {
  compareEquity,
  feesByAsset,
  foldJournal,
  type Ledger,
  protectedAt,
  readDecisionLog,
  readJournal,
  readPerformanceLog,
  readWholeJournal,
  taxCsv,
  unrealisedPnlUsd,
} from '../trading/index.ts';
import { type AppParts, PATHS } from './app-parts.ts';

/** The order journal and what it adds up to. It changes nothing, so a daemon may be writing to it. */
export async function showJournal({ dataDir, isSimulated }: AppParts) {
  const { entries, lastSeq, tornTail } = await readJournal(join(dataDir, PATHS.journal));
  const ledger = await foldJournal(entries);
  const decided = (await readPerformanceLog(join(dataDir, PATHS.performance))).at(-1)?.priceUsd;
  const markUsd = decided === undefined ? undefined : money(decided);
  const decisions = await readDecisionLog(join(dataDir, PATHS.decisions));
  return {
    simulated: isSimulated,
    records: lastSeq,
    tornBytes: tornTail.length,
    orders: [...ledger.orders.values()].map(({ intent, state, filledQuantity, message, venueOrderId }) => ({
      clientOrderId: intent.clientOrderId,
      venueOrderId,
      decisionId: intent.decisionId,
      leg: intent.leg,
      listClientOrderId: intent.listClientOrderId ?? null,
      attempt: intent.attempt,
      side: intent.side,
      state,
      quantity: intent.quantity,
      filledQuantity: filledQuantity.toFixed(),
      plannedAtMs: intent.plannedAtMs,
      message,
    })),
    position: {
      eth: ledger.balance(ledger.baseAsset).toFixed(),
      usd: ledger.cashUsd.toFixed(),
      feesUsd: ledger.feesUsd.toFixed(),
      feesByAsset: feesByAsset(ledger),
      /** At the price of the last decision. */
      markPriceUsd: markUsd?.toFixed() ?? null,
      unrealisedPnlUsd: unrealisedPnlUsd(ledger, markUsd),
      ...(ledger.lastFundingMs !== null && { fundingUsd: ledger.fundingUsd.toFixed() }),
      protectedAt: protectedAt(ledger),
    },
    decisions: decisions.map(({ decisionId, decisionTimeMs, decision }) => ({
      decisionId,
      decisionTimeMs,
      label: decision.label,
      action: decision.action,
    })),
  };
}

/** Writes every execution, those before a compaction included, as a line that tax programs import. */
export async function exportTrades({ dataDir }: AppParts, path: string) {
  const entries = await readWholeJournal(join(dataDir, PATHS.journal));
  const csv = taxCsv(entries, await foldJournal(entries));
  await writeFileAtomic(path, csv);
  return { path, lines: csv.trimEnd().split('\n').length - 1 };
}

/**
 * Reads the whole journal, its archive included, and checks every checksum and number, whether what was archived adds up to
 * what the newest checkpoint says, and whether the history of equity says the same. Points that the history lacks are put
 * back from the journal at the next start.
 * @throws InvariantError `journal.damaged`, `journal.records_missing`, `journal.archive_differs`, `journal.equity_differs`
 */
export async function verifyJournal({ dataDir }: AppParts) {
  const folder = join(dataDir, PATHS.journal);
  const { entries, lastSeq, tornTail } = await readJournal(folder);
  const ledger = await foldJournal(entries);
  const { equityPoints } = ledger;
  // A daemon may have written more since.
  const whole = (await readWholeJournal(folder)).filter(({ seq }) => seq <= lastSeq);
  assertSameState(ledger, await foldJournal(whole));
  const { missing, differing } = compareEquity(equityPoints, await readPerformanceLog(join(dataDir, PATHS.performance)));
  const [decisionId] = differing;
  if (decisionId !== undefined) {
    throw new InvariantError('journal.equity_differs', 'the history of equity is not the one in the journal', {
      details: { decisionId, decisions: differing.length, path: PATHS.performance },
      hint: 'Move that file away: the next start makes it anew from the journal.',
    });
  }
  const equity = { points: equityPoints.length, missingInHistory: missing.length };
  const firstSeq = whole[0]?.seq ?? 1;
  return { verified: true, records: lastSeq, readFrom: firstSeq, tornBytes: tornTail.length, equity };
}

/** Money, holdings and executions: checkpoints of earlier versions may lack other things. */
function assertSameState(counted: Ledger, archived: Ledger): void {
  const [now, before] = [counted, archived].map(({ balances, position, fillCount }) =>
    JSON.stringify([
      [...balances].map(([asset, amount]) => [asset, amount.toFixed()]).sort(),
      position.quantityEth.toFixed(),
      fillCount,
    ]),
  );
  if (now === before) return;
  throw new InvariantError('journal.archive_differs', 'the archive of the journal does not add up to what its checkpoint says', {
    details: { checkpoint: now, archive: before, path: PATHS.journal },
    hint: 'Trading goes by the checkpoint. Restore the archive from a verified backup (`ets backup restore`) before reports and exports are used.',
  });
}
