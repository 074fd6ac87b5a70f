import { type ClosedCandle, type Money, maxMoney, money, type TimeMs, toText } from '../domain/index.ts';
import type { Protection } from './journal/journal-record.ts';
import type { Position } from './ledger.ts';
import type { OrderLeg } from './order.ts';

export interface ProtectionPolicy {
  /** Fraction below the entry price at which the position is sold; absent without a stop. */
  readonly stopLoss?: number;
  /** Fraction above the entry price at which it is sold. */
  readonly takeProfit?: number;
  /** Fraction below the highest price since entry at which it is sold. */
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
 * The levels that an open position should have, from its average entry price; undefined where those it has are right.
 * A raised trailing stop stays raised.
 */
export function protectionFor(position: Position, policy: ProtectionPolicy | undefined): Protection | undefined {
  if (policy === undefined || !position.quantityEth.gt(0) || !position.costUsd.gt(0)) return undefined;
  const entry = position.costUsd.div(position.quantityEth);
  const level = (fraction: number | undefined, sign: 1 | -1) =>
    fraction === undefined ? null : toText(entry.times(ONE.plus(money(fraction).times(sign))).round(PRICE_DECIMALS));
  const highest = position.protection?.highestPriceUsd;
  const wanted: Protection = {
    stopPriceUsd: level(policy.stopLoss, -1),
    takeProfitPriceUsd: level(policy.takeProfit, 1),
    trailingFraction: policy.trailingStop ?? null,
    highestPriceUsd:
      policy.trailingStop === undefined ? null : toText(maxMoney(entry.round(PRICE_DECIMALS), money(highest ?? 0))),
  };
  return isSame(wanted, position.protection) ? undefined : wanted;
}

const isSame = (a: Protection, b: Protection | null): boolean =>
  b !== null &&
  a.stopPriceUsd === b.stopPriceUsd &&
  a.takeProfitPriceUsd === b.takeProfitPriceUsd &&
  a.trailingFraction === b.trailingFraction &&
  a.highestPriceUsd === b.highestPriceUsd;

/** The levels after `highUsd` was seen: the trailing stop follows the highest price. */
export function trail(protection: Protection, highUsd: Money): Protection {
  if (protection.trailingFraction === null) return protection;
  const highest = maxMoney(money(protection.highestPriceUsd ?? 0), highUsd);
  return { ...protection, highestPriceUsd: toText(highest) };
}

/** The levels after closed bars that reached none of them; the same object where nothing moved. */
export function trailOver(protection: Protection, bars: Iterable<ProtectionBar>): Protection {
  if (protection.trailingFraction === null) return protection;
  const before = Number(protection.highestPriceUsd ?? 0);
  let highest = before;
  for (const { high } of bars) highest = Math.max(highest, high);
  return highest > before ? trail(protection, money(highest)) : protection;
}

/** The higher of the fixed and the trailing stop, and which of the two it is; undefined without a stop. */
export function stopOf(protection: Protection): Pick<ProtectionTrigger, 'priceUsd' | 'leg'> | undefined {
  const fixed = protection.stopPriceUsd === null ? undefined : money(protection.stopPriceUsd);
  if (protection.trailingFraction === null || protection.highestPriceUsd === null) {
    return fixed && { priceUsd: fixed, leg: 'stop_loss' };
  }
  const trailing = money(protection.highestPriceUsd).times(ONE.minus(protection.trailingFraction)).round(PRICE_DECIMALS);
  return fixed?.gt(trailing) ? { priceUsd: fixed, leg: 'stop_loss' } : { priceUsd: trailing, leg: 'trailing_stop' };
}

/**
 * The first stop or target that closed bars reach, in ascending time. Inside one bar the stop comes before the target; a
 * bar that opens beyond a level fills at its open. A bar's own high moves the trailing stop of the bars after it only.
 */
export function checkProtection(protection: Protection | null, bars: Iterable<ProtectionBar>): ProtectionTrigger | undefined {
  if (protection === null) return undefined;
  let levels = protection;
  let stop = stopOf(levels);
  const target = levels.takeProfitPriceUsd === null ? Number.POSITIVE_INFINITY : Number(levels.takeProfitPriceUsd);
  let stopNumber = stop === undefined ? Number.NEGATIVE_INFINITY : Number(stop.priceUsd.toString());
  for (const bar of bars) {
    if (stop !== undefined && bar.low <= stopNumber) {
      return { leg: stop.leg, priceUsd: bar.open <= stopNumber ? money(bar.open) : stop.priceUsd, atMs: bar.openTimeMs };
    }
    if (bar.high >= target) {
      return { leg: 'take_profit', priceUsd: money(Math.max(bar.open, target)), atMs: bar.openTimeMs };
    }
    if (levels.trailingFraction === null) continue;
    levels = trail(levels, money(bar.high));
    stop = stopOf(levels);
    stopNumber = stop === undefined ? stopNumber : Number(stop.priceUsd.toString());
  }
  return undefined;
}

/** What one price says: as a bar that is nothing but that price. */
export const checkPrice = (protection: Protection | null, priceUsd: number, atMs: TimeMs): ProtectionTrigger | undefined =>
  checkProtection(protection, [{ openTimeMs: atMs, open: priceUsd, high: priceUsd, low: priceUsd }]);
