import { type Money, maxMoney, money, ZERO } from '../domain/index.ts';
import type { Ledger, Order } from './ledger.ts';
import type { OrderIntent } from './order.ts';
import { reservedQuantity } from './order-list.ts';

const BPS = money('0.0001');
const ONE = money(1);

/** What an order is expected to trade at: its limit, or the price that it was sized with. */
export const expectedPrice = ({ limitPriceUsd, referencePriceUsd }: OrderIntent): Money =>
  money(limitPriceUsd ?? referencePriceUsd);

/** What buying costs with the fee on top, in the quote asset. */
export const withFee = (notionalUsd: Money, feeBps: number): Money => notionalUsd.times(ONE.plus(BPS.times(feeBps)));

/**
 * What may still be sold, in the base asset: what is held, less what every sale whose end is not known may still sell.
 * A protective pair is counted once, since one of its orders cancels the other.
 * @param exceptId the order that is asked for
 */
export function freeToSell(ledger: Ledger, exceptId?: string): Money {
  const inSales = unsettled(ledger, 'sell', exceptId).reduce((sum, order) => sum.plus(unfilled(order)), ZERO);
  return ledger.balance(ledger.baseAsset).minus(reservedQuantity(ledger)).minus(inSales);
}

/** What no other sale may still sell; protective pairs left out, which are withdrawn before anything else is sold. */
export const freeOfSales = (ledger: Ledger): Money => freeToSell(ledger).plus(reservedQuantity(ledger));

/**
 * What may still be spent, in the quote asset: cash, less what every purchase whose end is not known may still cost, its
 * fee included.
 * @param exceptId the order that is asked for
 */
export function freeToSpend(ledger: Ledger, feeBps: number, exceptId?: string): Money {
  const inPurchases = unsettled(ledger, 'buy', exceptId).reduce(
    (sum, order) => sum.plus(withFee(unfilled(order).times(expectedPrice(order.intent)), feeBps)),
    ZERO,
  );
  return maxMoney(ledger.cashUsd.minus(inPurchases), ZERO);
}

/** What other orders on a side, whose end is not known, may still trade, in the base asset; protective pairs left out. */
export const pendingOn = (ledger: Ledger, side: OrderIntent['side'], exceptId?: string): Money =>
  unsettled(ledger, side, exceptId).reduce((sum, order) => sum.plus(unfilled(order)), ZERO);

/** How much of a signed position no other order may still close. */
export function freeToClose(ledger: Ledger, exceptId?: string): Money {
  const { quantityEth } = ledger.position;
  return maxMoney(quantityEth.abs().minus(pendingOn(ledger, quantityEth.gt(0) ? 'sell' : 'buy', exceptId)), ZERO);
}

/** How much of a signed position an order may close; nothing where it goes the same way. */
export function closableBy({ side, clientOrderId }: OrderIntent, ledger: Ledger): Money {
  const { quantityEth } = ledger.position;
  const isAgainst = side === 'buy' ? quantityEth.lt(0) : quantityEth.gt(0);
  return isAgainst ? freeToClose(ledger, clientOrderId) : ZERO;
}

const unsettled = (ledger: Ledger, side: OrderIntent['side'], exceptId: string | undefined): Order[] =>
  ledger
    .unsettledOrders()
    .filter(({ intent }) => intent.side === side && intent.clientOrderId !== exceptId && intent.listClientOrderId === undefined);

const unfilled = ({ intent, filledQuantity }: Order): Money => money(intent.quantity).minus(filledQuantity);
