import { floorToStep, type Money, minMoney, money, type TimeMs, toText } from '../domain/index.ts';
import { clientOrderId, orderListId } from './client-order-id.ts';
import type { Ledger, Order } from './ledger.ts';
import type { OrderIntent } from './order.ts';
import { type OrderListIntent, openLists } from './order-list.ts';
import { stopOf } from './protection.ts';
import { type Reason, reason } from './reason.ts';
import { brokenFilter, mostAtOnce, type SymbolFilters } from './symbol-filters.ts';
import type { TradingMode } from './trading-mode.ts';

/** What a protective pair is made from. */
export interface ProtectiveInput {
  readonly symbol: string;
  readonly mode: TradingMode;
  readonly filters: SymbolFilters;
  /** What one Ether costs now: the exchange takes a pair only around it. Undefined while that is not known. */
  readonly priceUsd: Money | undefined;
  readonly nowMs: TimeMs;
  readonly validUntilMs: TimeMs;
  readonly clientOrderIdLength: number;
}

/**
 * The next step towards a position that is protected at the exchange.
 * none: nothing is held that could be protected. here: the exchange cannot hold these levels, so the price is watched.
 * wait: the outcome of an order is open, or the stop is being filled. placed: all is as it should be. price: a pair is
 * missing, and what it is placed around has to be known first.
 */
export type ProtectiveStep =
  | { readonly kind: 'none' }
  | { readonly kind: 'wait' }
  | { readonly kind: 'placed' }
  | { readonly kind: 'price' }
  | { readonly kind: 'here'; readonly why: Reason }
  | { readonly kind: 'withdraw'; readonly listClientOrderId: string }
  | { readonly kind: 'place'; readonly list: OrderListIntent };

/** A stop that lies no further than this share from where it should be stays: a trailing one moves all the time. */
const STOP_TOLERANCE = money('0.001');
/** A pair that the exchange refused for what it is goes there again after so long. */
const REFUSED_FOR_MS = 3_600_000;

/** What is still to be done for the position of `ledger`. Pure: the same ledger and input always give the same step. */
export function nextProtectiveStep(ledger: Ledger, input: ProtectiveInput): ProtectiveStep {
  const open = openLists(ledger);
  const orders = open.flatMap(({ stop, target }) => [stop, target]).filter((order) => order !== undefined);
  if (orders.some(isUndecided)) return { kind: 'wait' };
  if (open.some(({ stop }) => stop?.state === 'PARTIALLY_FILLED')) return { kind: 'wait' };
  const wanted = wantedLevels(ledger, input);
  const [first] = open;
  if (first !== undefined) {
    const isRight = open.length === 1 && 'quantity' in wanted && isInStep(first.stop, first.target, wanted);
    return isRight ? { kind: 'placed' } : { kind: 'withdraw', listClientOrderId: first.listClientOrderId };
  }
  if (!('quantity' in wanted)) return wanted;
  // It may have sold what the pair would be placed for.
  if (ledger.unsettledOrders().some((order) => order.intent.side === 'sell' && isUndecided(order))) return { kind: 'wait' };
  const { priceUsd } = input;
  if (priceUsd === undefined) return { kind: 'price' };
  const priced = { ...input, priceUsd };
  const why = whyNotPlace(ledger, wanted, priced);
  return why === undefined ? { kind: 'place', list: listFor(ledger, wanted, priced) } : { kind: 'here', why };
}

/** Where the open position's stop and target are watched; null without a position or without levels. */
export function protectedAt(ledger: Ledger): 'exchange' | 'here' | null {
  const { protection, quantityEth } = ledger.position;
  if (openLists(ledger).some(({ stop }) => stop?.state === 'ACCEPTED' || stop?.state === 'PARTIALLY_FILLED')) return 'exchange';
  return protection === null || quantityEth.eq(0) ? null : 'here';
}

interface Levels {
  readonly quantity: Money;
  readonly stopUsd: Money;
  readonly targetUsd: Money;
  readonly stopReason: string;
}

type PricedInput = ProtectiveInput & { readonly priceUsd: Money };

const isUndecided = ({ state }: Order): boolean => state === 'PLANNED' || state === 'SUBMITTING' || state === 'UNKNOWN';

function wantedLevels(ledger: Ledger, { filters }: ProtectiveInput): Levels | Extract<ProtectiveStep, { kind: 'none' | 'here' }> {
  const { protection } = ledger.position;
  const held = floorToStep(ledger.balance(ledger.baseAsset), filters.quantityStep);
  if (protection === null || ledger.openTrade === null || !held.gt(0)) return { kind: 'none' };
  const stop = stopOf(protection);
  if (stop === undefined || protection.takeProfitPriceUsd === null) {
    return { kind: 'here', why: reason('stop_and_target_needed') };
  }
  // The stop becomes an order at the market.
  const most = mostAtOnce(filters, 'market');
  return {
    quantity: most ? minMoney(held, most) : held,
    stopUsd: floorToStep(stop.priceUsd, filters.priceTick),
    targetUsd: floorToStep(money(protection.takeProfitPriceUsd), filters.priceTick),
    stopReason: stop.leg,
  };
}

function isInStep(stop: Order | undefined, target: Order | undefined, wanted: Levels): boolean {
  if (stop?.state !== 'ACCEPTED' || target?.state !== 'ACCEPTED') return false;
  const { stopPriceUsd } = stop.intent;
  const { limitPriceUsd } = target.intent;
  if (stopPriceUsd === undefined || limitPriceUsd === undefined) return false;
  const off = money(stopPriceUsd).minus(wanted.stopUsd).abs();
  const targetOff = money(limitPriceUsd).minus(wanted.targetUsd).abs();
  return (
    money(stop.intent.quantity).eq(wanted.quantity) &&
    off.lte(wanted.stopUsd.times(STOP_TOLERANCE)) &&
    targetOff.lte(wanted.targetUsd.times(STOP_TOLERANCE))
  );
}

function whyNotPlace(ledger: Ledger, wanted: Levels, { filters, priceUsd, nowMs }: PricedInput): Reason | undefined {
  const { quantity, stopUsd, targetUsd } = wanted;
  const side = 'sell';
  if (priceUsd.lte(stopUsd) || priceUsd.gte(targetUsd)) {
    return reason('level_reached', toText(priceUsd), `${toText(stopUsd)}..${toText(targetUsd)}`);
  }
  const broken =
    brokenFilter({ side, quantity }, stopUsd, filters) ??
    brokenFilter({ side, quantity, limitPriceUsd: targetUsd }, priceUsd, filters);
  if (broken !== undefined) return broken;
  const last = ledger.attempts(decisionOf(ledger), 'stop_on_exchange').at(-1);
  const isSame =
    last?.state === 'REJECTED' &&
    !last.isTransient &&
    quantity.eq(last.intent.quantity) &&
    last.intent.stopPriceUsd === toText(stopUsd);
  return isSame && nowMs - last.updatedAtMs < REFUSED_FOR_MS ? reason('refused_by_exchange', last.message ?? '') : undefined;
}

/** How many pairs for the position the exchange has refused for what they are, one after the other, until now. */
export function refusedPairs(ledger: Ledger): number {
  const stops = ledger.attempts(decisionOf(ledger), 'stop_on_exchange');
  const lastTaken = stops.findLastIndex(({ state, isTransient }) => state !== 'REJECTED' || isTransient);
  return stops.length - 1 - lastTaken;
}

/** Ether that was adopted and never added to belongs to no decision. */
const decisionOf = ({ position }: Ledger): string => position.decisionId ?? 'adopted';

function listFor(ledger: Ledger, { quantity, stopUsd, targetUsd, stopReason }: Levels, input: PricedInput): OrderListIntent {
  const { symbol, mode, filters, priceUsd, nowMs, validUntilMs, clientOrderIdLength } = input;
  const decisionId = decisionOf(ledger);
  const before = (['stop_on_exchange', 'target_on_exchange'] as const).map((leg) => ledger.attempts(decisionId, leg));
  const attempt = 1 + Math.max(0, ...before.flat().map(({ intent }) => intent.attempt));
  const listClientOrderId = orderListId(decisionId, attempt, clientOrderIdLength);
  const common = {
    decisionId,
    attempt,
    symbol,
    side: 'sell',
    quantity: toText(quantity),
    quantityStep: toText(filters.quantityStep),
    listClientOrderId,
    referencePriceUsd: toText(priceUsd),
    plannedAtMs: nowMs,
    validUntilMs,
    modelId: ledger.openTrade?.modelId ?? null,
    mode,
  } as const satisfies Partial<OrderIntent>;
  return {
    listClientOrderId,
    symbol,
    stop: {
      ...common,
      clientOrderId: clientOrderId(decisionId, 'stop_on_exchange', attempt, clientOrderIdLength),
      leg: 'stop_on_exchange',
      type: 'stop',
      stopPriceUsd: toText(stopUsd),
      reason: stopReason,
    },
    target: {
      ...common,
      clientOrderId: clientOrderId(decisionId, 'target_on_exchange', attempt, clientOrderIdLength),
      leg: 'target_on_exchange',
      type: 'limit',
      postOnly: true,
      limitPriceUsd: toText(targetUsd),
      reason: 'take_profit',
    },
  };
}
