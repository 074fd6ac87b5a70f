import { InvariantError, type Money, maxMoney, minMoney, money } from '../domain/index.ts';
import type { OrderReport } from './broker.ts';
import type { Order } from './ledger.ts';
import type { Fill, OrderIntent } from './order.ts';

/**
 * Whether what the exchange shows under the id of an order is that order: somebody else may use the same id, and a reply
 * may be broken.
 * @throws InvariantError `order.report_differs`
 */
export function assertSameOrder({ intent, venueOrderId }: Order, report: OrderReport): void {
  const { clientOrderId, side, type, quantity, limitPriceUsd = null, stopPriceUsd } = intent;
  const shown: Shown[] = [
    ['number', venueOrderId ?? report.venueOrderId, report.venueOrderId],
    ['side', side, report.side],
    ['type', type, report.type ?? type],
    ['quantity', amount(quantity), report.quantity.toFixed()],
    ['limit price', type === 'limit' ? amount(limitPriceUsd) : null, amount(report.limitPriceUsd)],
    ['stop price', amount(stopPriceUsd ?? null), amount(report.stopPriceUsd ?? stopPriceUsd ?? null)],
  ];
  const executed = report.executedQuantity;
  if (executed.lt(0) || executed.gt(quantity)) shown.push(['executed quantity', `0 to ${quantity}`, executed.toFixed()]);
  const differs = shown.filter(([, meant, told]) => meant !== told);
  if (differs.length === 0) return;
  const difference = differs.map(([name, meant, told]) => `${name}: journal ${meant ?? 'none'}, exchange ${told ?? 'none'}`);
  throw new InvariantError('order.report_differs', `order ${clientOrderId} is another one there: ${difference.join('; ')}`, {
    details: {
      clientOrderId,
      differs: Object.fromEntries(differs.map(([name, journal, exchange]) => [name, { journal, exchange }])),
    },
    hint: 'Trading stops here. Look whether another program trades on the account, and compare `ets journal` with the orders there.',
  });
}

type Shown = [name: string, meant: string | null, told: string | null];

const amount = (text: string | null): string | null => (text === null ? null : money(text).toFixed());

/**
 * Whether an execution can have happened as it is told.
 * @param share how far its price may be from the one that the order was meant at, and how large its fee may be, as fractions;
 * not checked where absent
 * @throws InvariantError `order.fill_absurd`
 */
export function assertBelievable(intent: OrderIntent, fill: Fill, share: number | undefined): void {
  const why = whyAbsurd(intent, fill, share);
  if (why === undefined) return;
  throw new InvariantError('order.fill_absurd', `execution ${fill.tradeId} of ${intent.clientOrderId} cannot be: ${why}`, {
    details: { fill, referencePriceUsd: intent.referencePriceUsd, maxPriceDeviation: share ?? null },
    hint: 'Nothing was booked and trading stops here. Compare it with the trades at the exchange; where it did happen, a larger risk.maxPriceDeviation lets it be booked at the next look.',
  });
}

function whyAbsurd(intent: OrderIntent, fill: Fill, share: number | undefined): string | undefined {
  const priceUsd = money(fill.priceUsd);
  const feeAmount = money(fill.feeAmount);
  if (!money(fill.quantity).gt(0)) return `quantity ${fill.quantity}`;
  if (!priceUsd.gt(0)) return `price ${fill.priceUsd}`;
  // Whoever rests in the book may be paid for it; whoever takes from it is not.
  if (feeAmount.lt(0) && intent.type !== 'limit') return `fee ${fill.feeAmount} ${fill.feeAsset}`;
  if (share === undefined) return undefined;
  const { low, high } = priceRange(intent, share);
  if (priceUsd.lt(low) || priceUsd.gt(high)) return `price ${fill.priceUsd}, expected ${low.toFixed()} to ${high.toFixed()}`;
  const mostUsd = money(fill.quantity).times(priceUsd).times(share);
  const isFeeTooLarge = fill.feeUsd !== null && money(fill.feeUsd).abs().gt(mostUsd);
  return isFeeTooLarge ? `fee ${fill.feeAmount} ${fill.feeAsset}, at most ${mostUsd.toFixed()} USD` : undefined;
}

/**
 * What leaves a position between decisions may have to be sold far from where it was meant: a stop in a gap, or a sale of
 * everything that was sized with an old price since there was none of now.
 */
const WAY_OUT = { down: 0.75, up: 3 } as const;
const isDecided = ({ leg }: OrderIntent): boolean => leg === 'entry' || leg === 'exit';

/** A limit is not passed on its bad side; whatever else there is to go by may be missed by `share`. */
function priceRange(intent: OrderIntent, share: number): { readonly low: Money; readonly high: Money } {
  const { side, type } = intent;
  const { down, up } = isDecided(intent) ? { down: share, up: share } : WAY_OUT;
  const meant = money(intent.stopPriceUsd ?? intent.triggerPriceUsd ?? intent.referencePriceUsd);
  const limit = type === 'limit' && intent.limitPriceUsd !== undefined ? money(intent.limitPriceUsd) : undefined;
  const low = minMoney(meant, limit ?? meant).times(maxMoney(money(0), money(1).minus(Math.max(share, down))));
  const high = maxMoney(meant, limit ?? meant).times(money(1).plus(Math.max(share, up)));
  if (limit === undefined) return { low, high };
  return side === 'buy' ? { low, high: limit } : { low: limit, high };
}
