import { type ClosedCandle, type Money, maxMoney, minMoney, money, type TimeMs, toText } from '../domain/index.ts';
import type { Protection } from './journal/journal-record.ts';
import type { OrderLeg } from './order.ts';
import type { Position } from './position.ts';

export interface ProtectionPolicy {
  /** Fraction below the entry price (above it, of a short) at which the position is closed; absent without a stop. */
  readonly stopLoss?: number;
  /** Fraction above the entry price (below it, of a short) at which it is closed. */
  readonly takeProfit?: number;
  /** Fraction below the highest price since entry (above the lowest, of a short) at which it is closed. */
  readonly trailingStop?: number;
}

/** A stop or target that was reached: close the position at this price. */
export interface ProtectionTrigger {
  readonly leg: Extract<OrderLeg, 'stop_loss' | 'take_profit' | 'trailing_stop'>;
  readonly priceUsd: Money;
  readonly atMs: TimeMs;
}

/** A bar as stops see it. */
export type ProtectionBar = Pick<ClosedCandle, 'openTimeMs' | 'open' | 'high' | 'low'>;

const ONE = money(1);
const PRICE_DECIMALS = 8;

/**
 * The levels that an open position should have, from its average entry price; undefined where those it has are right. A
 * trailing stop that was moved stays where it is. A target below zero, of a short, is none.
 */
export function protectionFor(position: Position, policy: ProtectionPolicy | undefined): Protection | undefined {
  const { quantityEth, costUsd } = position;
  if (policy === undefined || !quantityEth.times(costUsd).gt(0)) return undefined;
  const entry = costUsd.div(quantityEth);
  const side = quantityEth.gt(0) ? 1 : -1;
  const level = (fraction: number | undefined, sign: number) => {
    if (fraction === undefined) return null;
    const price = entry.times(ONE.plus(money(fraction).times(sign))).round(PRICE_DECIMALS);
    return price.gt(0) ? toText(price) : null;
  };
  const wanted: Protection = {
    stopPriceUsd: level(policy.stopLoss, -side),
    takeProfitPriceUsd: level(policy.takeProfit, side),
    trailingFraction: policy.trailingStop ?? null,
    highestPriceUsd: null,
    ...(side < 0 && { direction: 'short' as const }),
    ...(policy.trailingStop !== undefined && bestPrice(position.protection, entry.round(PRICE_DECIMALS), side < 0)),
  };
  return isSame(wanted, position.protection) ? undefined : wanted;
}

const isSame = (a: Protection, b: Protection | null): boolean =>
  b !== null &&
  a.stopPriceUsd === b.stopPriceUsd &&
  a.takeProfitPriceUsd === b.takeProfitPriceUsd &&
  a.trailingFraction === b.trailingFraction &&
  a.highestPriceUsd === b.highestPriceUsd &&
  a.direction === b.direction &&
  a.lowestPriceUsd === b.lowestPriceUsd;

/** The price that a trailing stop follows, once `seen` was seen too: the highest, or the lowest of a short. */
function bestPrice(
  before: Protection | null,
  seen: Money,
  isShort: boolean,
): Pick<Protection, 'highestPriceUsd' | 'lowestPriceUsd'> {
  if (!isShort) return { highestPriceUsd: toText(maxMoney(money(before?.highestPriceUsd ?? 0), seen)) };
  const lowest = before?.lowestPriceUsd;
  return { highestPriceUsd: null, lowestPriceUsd: toText(lowest === undefined ? seen : minMoney(money(lowest), seen)) };
}

/** The levels after `bestUsd` was seen: the trailing stop follows the highest price, the lowest where it is short. */
export function trail(protection: Protection, bestUsd: Money): Protection {
  if (protection.trailingFraction === null) return protection;
  return { ...protection, ...bestPrice(protection, bestUsd, protection.direction === 'short') };
}

/** The levels after closed bars that reached none of them; the same object where nothing moved. */
export function trailOver(protection: Protection, bars: Iterable<ProtectionBar>): Protection {
  if (protection.trailingFraction === null) return protection;
  if (protection.direction === 'short') {
    const before = Number(protection.lowestPriceUsd ?? Number.POSITIVE_INFINITY);
    let lowest = before;
    for (const { low } of bars) lowest = Math.min(lowest, low);
    return lowest < before ? trail(protection, money(lowest)) : protection;
  }
  const before = Number(protection.highestPriceUsd ?? 0);
  let highest = before;
  for (const { high } of bars) highest = Math.max(highest, high);
  return highest > before ? trail(protection, money(highest)) : protection;
}

/** The nearer of the fixed and the trailing stop, and which of the two it is; undefined without a stop. */
export function stopOf(protection: Protection): Pick<ProtectionTrigger, 'priceUsd' | 'leg'> | undefined {
  const isShort = protection.direction === 'short';
  const fixed = protection.stopPriceUsd === null ? undefined : money(protection.stopPriceUsd);
  const best = isShort ? protection.lowestPriceUsd : (protection.highestPriceUsd ?? undefined);
  if (protection.trailingFraction === null || best === undefined) return fixed && { priceUsd: fixed, leg: 'stop_loss' };
  const away = ONE.plus(money(protection.trailingFraction).times(isShort ? 1 : -1));
  const trailing = money(best).times(away).round(PRICE_DECIMALS);
  const isFixedNearer = isShort ? fixed?.lt(trailing) : fixed?.gt(trailing);
  return fixed && isFixedNearer ? { priceUsd: fixed, leg: 'stop_loss' } : { priceUsd: trailing, leg: 'trailing_stop' };
}

/**
 * The first stop or target that closed bars reach, in ascending time. Inside one bar the stop comes before the target; a
 * bar that opens beyond a level fills at its open. What a bar reached moves the trailing stop of the bars after it only.
 */
export function checkProtection(protection: Protection | null, bars: Iterable<ProtectionBar>): ProtectionTrigger | undefined {
  if (protection === null) return undefined;
  // A short position is a long one on prices upside down.
  const side = protection.direction === 'short' ? -1 : 1;
  let levels = protection;
  let stop = stopOf(levels);
  const target = levels.takeProfitPriceUsd === null ? Number.POSITIVE_INFINITY : side * Number(levels.takeProfitPriceUsd);
  let stopNumber = stop === undefined ? Number.NEGATIVE_INFINITY : side * Number(stop.priceUsd.toString());
  for (const bar of bars) {
    const open = side * bar.open;
    const [worst, best] = side > 0 ? [bar.low, bar.high] : [-bar.high, -bar.low];
    if (stop !== undefined && worst <= stopNumber) {
      return { leg: stop.leg, priceUsd: open <= stopNumber ? money(bar.open) : stop.priceUsd, atMs: bar.openTimeMs };
    }
    if (best >= target) {
      return { leg: 'take_profit', priceUsd: money(side * Math.max(open, target)), atMs: bar.openTimeMs };
    }
    if (levels.trailingFraction === null) continue;
    levels = trail(levels, money(side * best));
    stop = stopOf(levels);
    stopNumber = stop === undefined ? stopNumber : side * Number(stop.priceUsd.toString());
  }
  return undefined;
}

/** What one price says: as a bar that is nothing but that price. */
export const checkPrice = (protection: Protection | null, priceUsd: number, atMs: TimeMs): ProtectionTrigger | undefined =>
  checkProtection(protection, [{ openTimeMs: atMs, open: priceUsd, high: priceUsd, low: priceUsd }]);
