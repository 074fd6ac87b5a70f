import { join } from 'node:path';
import { writeFileAtomic } from '../storage/index.ts';
import { foldJournal, protectedAt, readDecisionLog, readJournal, taxCsv } from '../trading/index.ts';
import { type AppParts, PATHS } from './app-parts.ts';

/** The order journal and what it adds up to. It changes nothing, so a daemon may be writing to it. */
export async function showJournal({ dataDir, isSimulated }: AppParts) {
  const { entries, lastSeq, tornTail } = await readJournal(join(dataDir, PATHS.journal));
  const ledger = await foldJournal(entries);
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

/** Writes every execution as a line that tax programs import. */
export async function exportTrades({ dataDir }: AppParts, path: string) {
  const { entries } = await readJournal(join(dataDir, PATHS.journal));
  const csv = taxCsv(entries, await foldJournal(entries));
  await writeFileAtomic(path, csv);
  return { path, lines: csv.trimEnd().split('\n').length - 1 };
}

/** Reads the whole journal and checks every checksum and number. @throws InvariantError `journal.damaged`, `journal.records_missing` */
export async function verifyJournal({ dataDir }: AppParts) {
  const { entries, lastSeq, tornTail } = await readJournal(join(dataDir, PATHS.journal));
  await foldJournal(entries);
  return { verified: true, records: lastSeq, tornBytes: tornTail.length };
}
