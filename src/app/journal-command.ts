import { join } from 'node:path';
import { InvariantError, money } from '../domain/index.ts';
import { writeFileAtomic } from '../storage/index.ts';
import {
  compareEquity,
  feesByAsset,
  foldJournal,
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
 * Reads the whole journal and checks every checksum and number, and whether the history of equity says the same. Points
 * that the history lacks are put back from the journal at the next start.
 * @throws InvariantError `journal.damaged`, `journal.records_missing`, `journal.equity_differs`
 */
export async function verifyJournal({ dataDir }: AppParts) {
  const { entries, lastSeq, tornTail } = await readJournal(join(dataDir, PATHS.journal));
  const { equityPoints } = await foldJournal(entries);
  const { missing, differing } = compareEquity(equityPoints, await readPerformanceLog(join(dataDir, PATHS.performance)));
  const [decisionId] = differing;
  if (decisionId !== undefined) {
    throw new InvariantError('journal.equity_differs', 'the history of equity is not the one in the journal', {
      details: { decisionId, decisions: differing.length, path: PATHS.performance },
      hint: 'Move that file away: the next start makes it anew from the journal.',
    });
  }
  const equity = { points: equityPoints.length, missingInHistory: missing.length };
  return { verified: true, records: lastSeq, tornBytes: tornTail.length, equity };
}
