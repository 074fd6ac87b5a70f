import { type Money, maxMoney, minMoney, money, toNumber, toText, ZERO } from '../../domain/index.ts';
import type { Ledger } from '../ledger.ts';
import type { OrderIntent } from '../order.ts';
import type { PreTradeGate } from '../order-sender.ts';
import type { EquityPoint } from '../performance-log.ts';
import { type Reason, reason } from '../reason.ts';
import { closableBy, expectedPrice, freeToSell, freeToSpend, pendingOn, withFee } from '../reserved.ts';
import { accountView } from './account-view.ts';
import { futuresDenials } from './futures-rules.ts';
import type { AccountView, RiskContext } from './risk-input.ts';
import type { FuturesLimits, RiskLimits } from './risk-limits.ts';
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
 * spend, and the limits of order, position and exposure. With perpetuals the first holds of every order that makes the
 * position smaller, and the second of every one that makes it larger or turns it, with margin and leverage for cash.
 */
export function createOrderGate(options: OrderGateOptions): PreTradeGate {
  const { limits } = options;
  const { futures } = limits;
  return async (intent, ledger) => {
    const reduction = futures === undefined ? checkSale(intent, ledger) : checkReduction(intent, ledger);
    if (reduction !== undefined) return reduction;
    const context = { ...(await options.context(intent)), isHalted: await options.isHalted() };
    const account = accountNow(intent, ledger, options.history());
    const denials = RISK_RULES.flatMap((rule) => rule(account, limits, context) ?? []);
    if (futures === undefined) return [...denials, ...checkPurchase(intent, ledger, account, options)];
    return [...denials, ...checkOpening(intent, ledger, account, context, { ...options, futures })];
  };
}

/** What is against a sale; undefined where the order is none. */
function checkSale(intent: OrderIntent, ledger: Ledger): Reason[] | undefined {
  if (intent.side === 'buy') return undefined;
  const free = freeToSell(ledger, intent.clientOrderId);
  return money(intent.quantity).gt(free) ? [reason('position', intent.quantity, toText(free))] : [];
}

/** What is against an order that goes towards zero and not beyond; undefined where it is none. */
function checkReduction(intent: OrderIntent, ledger: Ledger): Reason[] | undefined {
  const free = closableBy(intent, ledger);
  if (money(intent.quantity).lte(free)) return [];
  return intent.reduceOnly === true ? [reason('position', intent.quantity, toText(free))] : undefined;
}

/** The account without the order that is asked for, at the price that it was sized with. */
function accountNow(intent: OrderIntent, ledger: Ledger, history: readonly EquityPoint[]): AccountView {
  const account = accountView(ledger, money(intent.referencePriceUsd), intent.plannedAtMs, history);
  const others = ledger.workingOrders().filter((order) => order.intent.clientOrderId !== intent.clientOrderId);
  return { ...account, workingOrders: others.length };
}

/** Shares of equity are floating-point numbers, and sizing stays below a cap by as much as they round. */
const SHARE_TOLERANCE = 1e-9;

type SizeOptions = Pick<OrderGateOptions, 'limits' | 'feeBps'>;

function checkPurchase(intent: OrderIntent, ledger: Ledger, account: AccountView, { limits, feeBps }: SizeOptions): Reason[] {
  const notional = money(intent.quantity).times(expectedPrice(intent));
  const cost = withFee(notional, feeBps);
  const cash = freeToSpend(ledger, feeBps, intent.clientOrderId);
  const reasons: Reason[] = [];
  if (cost.gt(cash)) reasons.push(reason('cash', toText(cost), toText(cash)));
  return [...reasons, ...checkLimits(notional, positionAfter(intent, ledger, notional), account, limits, 1)];
}

/** What is held at the price that the order was sized with, as sizing values it, and the order on top. */
const positionAfter = (intent: OrderIntent, ledger: Ledger, notionalUsd: Money): Money =>
  ledger.balance(ledger.baseAsset).times(intent.referencePriceUsd).plus(notionalUsd);

/**
 * The position after the order and every other on its side whose end is not known, as large as it can become: its margin
 * and the fees have to come out of equity, and a short has to be allowed and far enough from its liquidation.
 */
function checkOpening(
  intent: OrderIntent,
  ledger: Ledger,
  account: AccountView,
  context: RiskContext,
  { limits, feeBps, futures }: SizeOptions & { readonly futures: FuturesLimits },
): Reason[] {
  const { side, quantity, clientOrderId, referencePriceUsd } = intent;
  const price = expectedPrice(intent);
  const traded = pendingOn(ledger, side, clientOrderId).plus(quantity);
  const held = ledger.position.quantityEth.times(side === 'buy' ? 1 : -1);
  const opened = traded.plus(minMoney(held, ZERO));
  const notional = maxMoney(held, ZERO).times(referencePriceUsd).plus(opened.times(price));
  const fees = withFee(traded.times(price), feeBps).minus(traded.times(price));
  const most = ledger.equityUsd(money(referencePriceUsd)).minus(fees).times(futures.leverage);
  const target = (toNumber(notional) / account.equityUsd) * (side === 'buy' ? 1 : -1);
  const reasons = futuresDenials(target, account, limits, context);
  if (notional.gt(most)) reasons.push(reason('leverage', toText(notional), toText(most)));
  return [
    ...reasons,
    ...checkLimits(minMoney(opened, money(quantity)).times(price), notional, account, limits, futures.leverage),
  ];
}

/**
 * @param openedUsd what the order adds to the position
 * @param positionUsd the size of the position after it
 * @param largest exposure that is no limit of its own, since cash or margin are
 */
function checkLimits(
  openedUsd: Money,
  positionUsd: Money,
  { equityUsd }: AccountView,
  { maxOrderUsd, maxPositionUsd, maxExposure }: RiskLimits,
  largest: number,
): Reason[] {
  const exposure = equityUsd > 0 ? toNumber(positionUsd) / equityUsd : Number.POSITIVE_INFINITY;
  const reasons: Reason[] = [];
  if (maxOrderUsd !== null && openedUsd.gt(maxOrderUsd)) reasons.push(reason('max_order_usd', toText(openedUsd), maxOrderUsd));
  if (maxPositionUsd !== null && positionUsd.gt(maxPositionUsd))
    reasons.push(reason('max_position_usd', toNumber(positionUsd), maxPositionUsd));
  if (maxExposure < largest && exposure > maxExposure * (1 + SHARE_TOLERANCE))
    reasons.push(reason('max_exposure', exposure, maxExposure));
  return reasons;
}
