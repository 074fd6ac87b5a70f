import { divideDown, type Money, money, type TimeMs, ZERO } from '../domain/index.ts';
import type { Protection } from './journal/journal-record.ts';
import type { OrderIntent } from './order.ts';
import type { FillPart } from './split-fill.ts';

/** What is held because of filled orders. Negative where a perpetual was sold short. */
export interface Position {
  quantityEth: Money;
  /** What was paid for what is still held, on average cost, fees left out; negative of a short: what it was sold for. */
  costUsd: Money;
  /** The decision whose order made it larger last. */
  decisionId: string | null;
  /** Time of the last decision that opened it or asked for it again, the same way. */
  lastBuyMs: TimeMs | null;
  protection: Protection | null;
}

export const noPosition = (): Position => ({
  quantityEth: ZERO,
  costUsd: ZERO,
  decisionId: null,
  lastBuyMs: null,
  protection: null,
});

/** Less than one step of the venue, which cannot be traded away: counts as flat. */
export const isDust = (quantityEth: Money, quantityStep: Money | string): boolean =>
  quantityEth.eq(0) || quantityEth.abs().lt(quantityStep);

/** What is left of a cost after a part was traded away is cut off here. */
const COST_DECIMALS = 12;

/** Books one part of an execution on the position. */
export function changePosition(position: Position, intent: OrderIntent, { fill, effect }: FillPart, baseAsset: string): void {
  const before = position.quantityEth;
  const sign = fill.side === 'buy' ? 1 : -1;
  const quantity = money(fill.quantity);
  const feeInBase = fill.feeAsset === baseAsset ? money(fill.feeAmount) : ZERO;
  position.quantityEth = before.plus(quantity.times(sign)).minus(feeInBase);
  if (effect === 'grow') {
    position.costUsd = position.costUsd.plus(quantity.times(fill.priceUsd).times(sign));
    position.decisionId = intent.decisionId;
    return;
  }
  if (!isDust(position.quantityEth, intent.quantityStep)) {
    position.costUsd = divideDown(position.costUsd.times(position.quantityEth), before, COST_DECIMALS);
    return;
  }
  position.costUsd = ZERO;
  position.protection = null;
  // An order that goes on to open the other way belongs to the decision from which the holding time counts.
  if (intent.leg !== 'entry') position.lastBuyMs = null;
}

/** Books Ether given or taken by hand: given, it costs what it was worth; taking some leaves the price of the rest as it was. */
export function transferEther(position: Position, amount: Money, valueUsd: Money): void {
  const before = position.quantityEth;
  position.quantityEth = before.plus(amount);
  const isTaken = amount.lt(0) && before.gt(0);
  position.costUsd = isTaken
    ? divideDown(position.costUsd.times(position.quantityEth), before, COST_DECIMALS)
    : position.costUsd.plus(valueUsd);
}

/** What is left stays in the account and is no position any more: it has no cost, no levels and no holding time. */
export function leaveDust(position: Position): void {
  position.costUsd = ZERO;
  position.protection = null;
  position.lastBuyMs = null;
}
