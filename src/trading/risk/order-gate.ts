import { type Money, money, toNumber, toText } from '../../domain/index.ts';
import type { Ledger } from '../ledger.ts';
import type { OrderIntent } from '../order.ts';
import type { EquityPoint } from '../performance-log.ts';
import { type Reason, reason } from '../reason.ts';
import { expectedPrice, freeToSell, freeToSpend, withFee } from '../reserved.ts';
import type { PreTradeGate } from '../trading-engine.ts';
import { accountView } from './account-view.ts';
import type { AccountView, RiskContext } from './risk-input.ts';
import type { RiskLimits } from './risk-limits.ts';
import { RISK_RULES } from './risk-rules.ts';

export interface OrderGateOptions {
  readonly limits: RiskLimits;
  /** Asked right before each purchase, so that a halt counts from the moment it is made. */
  readonly isHalted: () => boolean | Promise<boolean>;
  /** Fee on top of a purchase, in basis points. */
  readonly feeBps: number;
  /** Past equity, ascending in time: what losses are measured from. */
  readonly history: () => readonly EquityPoint[];
  /** What surrounds a purchase now, asked right before it is sent: market, price, order book, model and data. */
  readonly context: (intent: OrderIntent) => Omit<RiskContext, 'isHalted'> | Promise<Omit<RiskContext, 'isHalted'>>;
}

/**
 * The last check of every order, whoever made it: decisions, retries, stops, orders by hand and adopted ones. A sale is
 * checked against what is held and not yet promised to another order, and nothing else, since reducing risk must stay
 * possible. A purchase has to pass every risk rule with the account as it is now, the cash that no other order may still
 * spend, and the limits of order, position and exposure.
 */
export function createOrderGate(options: OrderGateOptions): PreTradeGate {
  return async (intent, ledger) => {
    if (intent.side === 'sell') return checkSale(intent, ledger);
    const context = { ...(await options.context(intent)), isHalted: await options.isHalted() };
    const account = accountNow(intent, ledger, options.history());
    const denials = RISK_RULES.flatMap((rule) => rule(account, options.limits, context) ?? []);
    return [...denials, ...checkSize(intent, ledger, account, options)];
  };
}

function checkSale(intent: OrderIntent, ledger: Ledger): Reason[] {
  const free = freeToSell(ledger, intent.clientOrderId);
  return money(intent.quantity).gt(free) ? [reason('position', intent.quantity, toText(free))] : [];
}

/** The account without the order that is asked for, at the price that it was sized with. */
function accountNow(intent: OrderIntent, ledger: Ledger, history: readonly EquityPoint[]): AccountView {
  const account = accountView(ledger, money(intent.referencePriceUsd), intent.plannedAtMs, history);
  const others = ledger.workingOrders().filter((order) => order.intent.clientOrderId !== intent.clientOrderId);
  return { ...account, workingOrders: others.length };
}

/** Shares of equity are floating-point numbers, and sizing stays below a cap by as much as they round. */
const SHARE_TOLERANCE = 1e-9;

function checkSize(
  intent: OrderIntent,
  ledger: Ledger,
  { equityUsd }: AccountView,
  { limits, feeBps }: Pick<OrderGateOptions, 'limits' | 'feeBps'>,
): Reason[] {
  const notional = money(intent.quantity).times(expectedPrice(intent));
  const cost = withFee(notional, feeBps);
  const cash = freeToSpend(ledger, feeBps, intent.clientOrderId);
  const position = positionAfter(intent, ledger, notional);
  const exposure = equityUsd > 0 ? toNumber(position) / equityUsd : Number.POSITIVE_INFINITY;
  const reasons: Reason[] = [];
  if (cost.gt(cash)) reasons.push(reason('cash', toText(cost), toText(cash)));
  if (limits.maxOrderUsd !== null && notional.gt(limits.maxOrderUsd))
    reasons.push(reason('max_order_usd', toText(notional), limits.maxOrderUsd));
  if (limits.maxPositionUsd !== null && position.gt(limits.maxPositionUsd))
    reasons.push(reason('max_position_usd', toNumber(position), limits.maxPositionUsd));
  if (limits.maxExposure < 1 && exposure > limits.maxExposure * (1 + SHARE_TOLERANCE))
    reasons.push(reason('max_exposure', exposure, limits.maxExposure));
  return reasons;
}

/** What is held at the price that the order was sized with, as sizing values it, and the order on top. */
const positionAfter = (intent: OrderIntent, ledger: Ledger, notionalUsd: Money): Money =>
  ledger.balance(ledger.baseAsset).times(intent.referencePriceUsd).plus(notionalUsd);
