import { type Money, maxMoney, minMoney, money } from '../domain/index.ts';
import type { Quote } from '../trading/index.ts';
import type { CycleParts } from './cycle-types.ts';
import { lastKnownPrice } from './last-known-price.ts';

/** A price this many times the last one known, or this part of it, is no price; nor is the middle of such a spread. */
const ABSURD_FACTOR = 2;
const ABSURD_SPREAD_BPS = 1_000;

/**
 * Why a price is not acted on although two agree: it is less than half of the last stored close (what was paid, where none is known)
 * or more than twice it, or stands in the middle of a spread that no market has. Undefined where it may be. These bounds are fixed and wide: a stop is there for
 * the day on which prices fall further than `risk.maxPriceDeviation`, which would keep it from being executed.
 */
export async function whyDoubtful(cycle: CycleParts, { priceUsd, spreadBps }: Quote): Promise<string | undefined> {
  const { maxSpreadBps } = cycle.settings.limits;
  const widest = Math.max(ABSURD_SPREAD_BPS, maxSpreadBps ?? 0);
  if (spreadBps !== undefined && spreadBps > widest) return `the spread is ${Math.round(spreadBps)} bps`;
  const decided = cycle.performance.points.at(-1)?.priceUsd;
  // Every stored series is read for the last close: not while a stop waits, where the price of the last decision will do.
  if (decided !== undefined && !isAbsurd(priceUsd, money(decided))) return undefined;
  const known = await lastKnownPrice(cycle);
  return known === undefined || !isAbsurd(priceUsd, known) ? undefined : `the last known price is ${known.toFixed()}`;
}

const isAbsurd = (one: Money, other: Money): boolean => maxMoney(one, other).gt(minMoney(one, other).times(ABSURD_FACTOR));
