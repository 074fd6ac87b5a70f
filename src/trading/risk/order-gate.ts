import { type Money, money, startOfDayMs, toNumber } from '../../domain/index.ts';
import type { Ledger } from '../ledger.ts';
import type { OrderIntent } from '../order.ts';
import { reservedQuantity } from '../order-list.ts';
import { type Reason, reason } from '../reason.ts';
import type { PreTradeGate } from '../trading-engine.ts';
import { countOrdersSince } from './account-view.ts';
import type { FuturesLimits, RiskLimits } from './risk-limits.ts';

export interface OrderGateOptions {
  readonly limits: RiskLimits;
  /** Asked right before each order, so that a halt counts from the moment it is made. */
  readonly isHalted: () => boolean | Promise<boolean>;
}

/**
 * The last check of every order, whoever made it: retries, stops and orders by hand included. Sales are checked against
 * what is held and nothing else, since reducing risk must stay possible; purchases against the halt, cash and limits. With
 * perpetuals the same holds of orders that make the position smaller, and of those that make it larger or turn it.
 */
export function createOrderGate({ limits, isHalted }: OrderGateOptions): PreTradeGate {
  const { futures } = limits;
  return async (intent, ledger) => {
    if (futures !== undefined && onlyReduces(intent, ledger)) return [];
    // What protective orders at the exchange may still sell is theirs until they are withdrawn.
    if (futures === undefined && intent.side === 'sell') return checkSale(intent, ledger);
    if (intent.reduceOnly === true) return [reason('position', intent.quantity, ledger.position.quantityEth.toFixed())];
    const halted = (await isHalted()) ? [reason('halted', 1, 0)] : [];
    const denials = futures === undefined ? checkPurchase(intent, ledger, limits) : checkOpening(intent, ledger, limits, futures);
    return [...halted, ...denials];
  };
}

/** Whether an order goes towards zero and not beyond. */
function onlyReduces({ side, quantity }: OrderIntent, { position: { quantityEth } }: Ledger): boolean {
  const isAgainst = side === 'buy' ? quantityEth.lt(0) : quantityEth.gt(0);
  return isAgainst && money(quantity).lte(quantityEth.abs());
}

function checkOpening(intent: OrderIntent, ledger: Ledger, limits: RiskLimits, futures: FuturesLimits): Reason[] {
  const { position } = ledger;
  const price = money(intent.limitPriceUsd ?? intent.referencePriceUsd);
  const after = position.quantityEth.plus(money(intent.quantity).times(intent.side === 'buy' ? 1 : -1));
  const turns = after.times(position.quantityEth).lt(0);
  const opened = turns ? after.abs() : money(intent.quantity);
  const notional = after.abs().times(price);
  const most = ledger.equityUsd(price).times(futures.leverage);
  const reasons: Reason[] = [];
  if (after.lt(0) && !futures.allowShort) reasons.push(reason('short_not_allowed', after.toFixed(), 0));
  if (notional.gt(most)) reasons.push(reason('leverage', notional.toFixed(), most.toFixed()));
  return [...reasons, ...checkLimits(intent, ledger, limits, opened.times(price), toNumber(notional))];
}

function checkSale(intent: OrderIntent, ledger: Ledger): Reason[] {
  const reserved = reservedQuantity(ledger);
  const held = ledger.balance(ledger.baseAsset).minus(reserved);
  return money(intent.quantity).gt(held) ? [reason('position', intent.quantity, held.toFixed())] : [];
}

function checkPurchase(intent: OrderIntent, ledger: Ledger, limits: RiskLimits): Reason[] {
  const price = money(intent.limitPriceUsd ?? intent.referencePriceUsd);
  const notional = money(intent.quantity).times(price);
  const position = toNumber(ledger.balance(ledger.baseAsset).times(price).plus(notional));
  const cash = notional.gt(ledger.cashUsd) ? [reason('cash', notional.toFixed(), ledger.cashUsd.toFixed())] : [];
  return [...cash, ...checkLimits(intent, ledger, limits, notional, position)];
}

/** @param positionUsd the size of the position after the order */
function checkLimits(intent: OrderIntent, ledger: Ledger, limits: RiskLimits, openedUsd: Money, positionUsd: number): Reason[] {
  const ordersToday = countOrdersSince(ledger, startOfDayMs(intent.plannedAtMs));
  const reasons: Reason[] = [];
  if (limits.maxOrderUsd !== null && openedUsd.gt(limits.maxOrderUsd))
    reasons.push(reason('max_order_usd', openedUsd.toFixed(), limits.maxOrderUsd));
  if (limits.maxPositionUsd !== null && positionUsd > limits.maxPositionUsd)
    reasons.push(reason('max_position_usd', positionUsd, limits.maxPositionUsd));
  if (limits.tradesPerDay !== null && ordersToday >= limits.tradesPerDay)
    reasons.push(reason('trades_per_day', ordersToday, limits.tradesPerDay));
  return reasons;
}
