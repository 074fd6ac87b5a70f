import { money, startOfDayMs, toNumber } from '../../domain/index.ts';
import type { Ledger } from '../ledger.ts';
import type { OrderIntent } from '../order.ts';
import { reservedQuantity } from '../order-list.ts';
import { type Reason, reason } from '../reason.ts';
import type { PreTradeGate } from '../trading-engine.ts';
import { countOrdersSince } from './account-view.ts';
import type { RiskLimits } from './risk-limits.ts';

export interface OrderGateOptions {
  readonly limits: RiskLimits;
  /** Asked right before each order, so that a halt counts from the moment it is made. */
  readonly isHalted: () => boolean | Promise<boolean>;
}

/**
 * The last check of every order, whoever made it: retries, stops and orders by hand included. Sales are checked against
 * what is held and nothing else, since reducing risk must stay possible; purchases against the halt, cash and limits.
 */
export function createOrderGate({ limits, isHalted }: OrderGateOptions): PreTradeGate {
  return async (intent, ledger) => {
    // What protective orders at the exchange may still sell is theirs until they are withdrawn.
    if (intent.side === 'sell') return checkSale(intent, ledger);
    const halted = (await isHalted()) ? [reason('halted', 1, 0)] : [];
    return [...halted, ...checkPurchase(intent, ledger, limits)];
  };
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
  const ordersToday = countOrdersSince(ledger, startOfDayMs(intent.plannedAtMs));
  const reasons: Reason[] = [];
  if (notional.gt(ledger.cashUsd)) reasons.push(reason('cash', notional.toFixed(), ledger.cashUsd.toFixed()));
  if (limits.maxOrderUsd !== null && notional.gt(limits.maxOrderUsd))
    reasons.push(reason('max_order_usd', notional.toFixed(), limits.maxOrderUsd));
  if (limits.maxPositionUsd !== null && position > limits.maxPositionUsd)
    reasons.push(reason('max_position_usd', position, limits.maxPositionUsd));
  if (limits.tradesPerDay !== null && ordersToday >= limits.tradesPerDay)
    reasons.push(reason('trades_per_day', ordersToday, limits.tradesPerDay));
  return reasons;
}
