import { type Money, money, toText, ZERO } from '../domain/index.ts';
import type { JournalEntry } from './journal/journal.ts';
import { Ledger } from './ledger.ts';
import type { Fill, OrderIntent } from './order.ts';
import { type FillPart, splitAtZero } from './split-fill.ts';
import { tradePnlUsd } from './trade.ts';

/** Where the profit of a closed trade came from, in USD. The parts add up to it exactly. */
export interface Attribution {
  readonly tradeId: string;
  /** The decision that opened it. */
  readonly decisionId: string;
  readonly pnlUsd: string;
  /** What buying and selling at the prices of the decisions, and of stops and targets at the exchange, would have brought. */
  readonly signalUsd: string;
  /** What the price did until later attempts of an order were priced. */
  readonly timingUsd: string;
  readonly slippageUsd: string;
  readonly feesUsd: string;
  /** Funding received less paid; only of a trade in a perpetual that had any. */
  readonly fundingUsd?: string;
}

interface Parts {
  timing: Money;
  slippage: Money;
}

/** Attribution of every closed trade, from the journal alone; of trades that a compaction closed over only what is left. */
export function attributeTrades(entries: Iterable<JournalEntry>): Attribution[] {
  const ledger = new Ledger();
  const parts = new Map<string, Parts>();
  for (const { record } of entries) {
    const fills = record.type === 'fill' ? tradedBy(ledger, record.fill) : [];
    const closedBefore = ledger.closedTrades.length;
    ledger.apply(record);
    for (const { fill, effect } of fills) {
      const closed = ledger.closedTrades.length > closedBefore ? ledger.closedTrades.at(-1) : undefined;
      const trade = (effect === 'reduce' ? closed : undefined) ?? ledger.openTrade ?? ledger.closedTrades.at(-1);
      if (!trade) continue;
      const sum = parts.get(trade.tradeId) ?? { timing: ZERO, slippage: ZERO };
      const { timing, slippage } = partsOf(ledger, fill);
      parts.set(trade.tradeId, { timing: sum.timing.plus(timing), slippage: sum.slippage.plus(slippage) });
    }
  }
  return ledger.closedTrades.flatMap((trade) => {
    const sum = parts.get(trade.tradeId);
    if (!sum) return [];
    const pnl = tradePnlUsd(trade);
    const funding = money(trade.fundingUsd ?? 0);
    const signal = pnl.minus(funding).plus(trade.feesUsd).minus(sum.timing).minus(sum.slippage);
    return [
      {
        tradeId: trade.tradeId,
        decisionId: trade.decisionId,
        pnlUsd: toText(pnl),
        signalUsd: toText(signal),
        timingUsd: toText(sum.timing),
        slippageUsd: toText(sum.slippage),
        feesUsd: toText(money(trade.feesUsd).times(-1)),
        ...(trade.fundingUsd !== undefined && { fundingUsd: toText(funding) }),
      },
    ];
  });
}

/** An execution by the trades that it belongs to: one that crosses zero closes one and opens another. */
function tradedBy(ledger: Ledger, fill: Fill): readonly FillPart[] {
  const order = ledger.order(fill.clientOrderId);
  if (order.tradeIds.has(fill.tradeId)) return [];
  return splitAtZero(fill, ledger.position.quantityEth, order.intent.quantityStep);
}

/**
 * The price that an order was meant to be executed at: the one it was sized with; of one that rests at the exchange its
 * stop or limit, since the price when it was placed says nothing of the price when it is reached.
 */
export function meantPriceUsd({ leg, referencePriceUsd, stopPriceUsd, limitPriceUsd }: OrderIntent): string {
  if (leg === 'stop_on_exchange') return stopPriceUsd ?? referencePriceUsd;
  return leg === 'target_on_exchange' ? (limitPriceUsd ?? referencePriceUsd) : referencePriceUsd;
}

/** What one execution gained or lost against its order's price, and that against the price of the first attempt. */
function partsOf(ledger: Ledger, { clientOrderId, side, quantity, priceUsd }: Fill): Parts {
  const { intent } = ledger.order(clientOrderId);
  // A pair that is placed anew is no later attempt at the same price: its levels moved, or the position did.
  const isPair = intent.listClientOrderId !== undefined;
  const first = isPair ? intent : (ledger.attempts(intent.decisionId, intent.leg)[0]?.intent ?? intent);
  const gain = (from: string, to: string) =>
    money(quantity)
      .times(money(to).minus(from))
      .times(side === 'buy' ? -1 : 1);
  return {
    timing: gain(meantPriceUsd(first), meantPriceUsd(intent)),
    slippage: gain(meantPriceUsd(intent), priceUsd),
  };
}
