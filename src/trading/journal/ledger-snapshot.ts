import { type Money, toText } from '../../domain/index.ts';
import type { Ledger } from '../ledger.ts';
import type { LedgerSnapshot } from './journal-record.ts';

/** A ledger as plain data; folding a journal that begins with it gives an equal ledger. */
export function snapshotLedger(ledger: Ledger): LedgerSnapshot {
  const { position } = ledger;
  return {
    orders: [...ledger.orders.values()].map((order) => ({
      intent: order.intent,
      state: order.state,
      venueOrderId: order.venueOrderId,
      sendBeforeMs: order.sendBeforeMs,
      ...(order.venueAheadMs !== null && { venueAheadMs: order.venueAheadMs }),
      filledQuantity: toText(order.filledQuantity),
      notionalUsd: toText(order.notionalUsd),
      tradeIds: [...order.tradeIds],
      updatedAtMs: order.updatedAtMs,
      message: order.message,
      isTransient: order.isTransient,
      brokeFilter: order.brokeFilter,
    })),
    balances: texts(ledger.balances),
    transfersUsd: toText(ledger.transfersUsd),
    ...(ledger.capitalUsd !== null && { capitalUsd: toText(ledger.capitalUsd) }),
    feesByAsset: texts(ledger.feesByAsset),
    feesUsd: toText(ledger.feesUsd),
    ...(!ledger.otherFeesUsd.eq(0) && { otherFeesUsd: toText(ledger.otherFeesUsd) }),
    ...(ledger.unvaluedFees.size > 0 && { unvaluedFees: [...ledger.unvaluedFees.values()] }),
    fills: ledger.fillCount,
    position: {
      quantityEth: toText(position.quantityEth),
      costUsd: toText(position.costUsd),
      decisionId: position.decisionId,
      lastBuyMs: position.lastBuyMs,
      protection: position.protection,
    },
    openTrade: ledger.openTrade,
    closedTrades: [...ledger.closedTrades],
    decisionIds: [...ledger.decisionIds],
    ...(ledger.lastFundingMs !== null && {
      fundingUsd: toText(ledger.fundingUsd),
      lastFundingMs: ledger.lastFundingMs,
      fundingIds: [...ledger.fundingIds],
    }),
    lastReconciliation: ledger.lastReconciliation && {
      atMs: ledger.lastReconciliation.atMs,
      differences: ledger.lastReconciliation.differences,
    },
    ...(ledger.equityPoints.length > 0 && { equity: [...ledger.equityPoints] }),
  };
}

const texts = (amounts: ReadonlyMap<string, Money>): Record<string, string> =>
  Object.fromEntries([...amounts].map(([asset, amount]) => [asset, toText(amount)]));
