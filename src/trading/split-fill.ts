import { divideDown, type Money, money, toText } from '../domain/index.ts';
import type { Fill } from './order.ts';

/** An execution, or the part of one, that makes the position larger or smaller and nothing else. */
export interface FillPart {
  readonly fill: Fill;
  readonly effect: 'grow' | 'reduce';
}

/** The fee of the closing part is cut off here; the opening part bears the rest, so that both add up exactly. */
const FEE_DECIMALS = 12;

/**
 * An execution by what it does to a signed position. One that crosses zero is two: the first closes, the second opens
 * the other way, the fee pro rata of the quantity, not valued where it was not. Less than `quantityStep` of a position counts as none.
 */
export function splitAtZero(fill: Fill, positionEth: Money, quantityStep: string): readonly FillPart[] {
  const quantity = money(fill.quantity);
  const held = positionEth.abs();
  const isAgainst = fill.side === 'buy' ? positionEth.lt(0) : positionEth.gt(0);
  if (!isAgainst || held.lt(quantityStep)) return [{ fill, effect: 'grow' }];
  const beyond = quantity.minus(held);
  if (!beyond.gt(0) || beyond.lt(quantityStep)) return [{ fill, effect: 'reduce' }];
  const share = (amount: string): Money => divideDown(money(amount).times(held), quantity, FEE_DECIMALS);
  const feeAmount = share(fill.feeAmount);
  const feeUsd = fill.feeUsd === null ? null : toText(share(fill.feeUsd));
  const rest = (whole: string, part: string): string => toText(money(whole).minus(part));
  return [
    { effect: 'reduce', fill: { ...fill, quantity: toText(held), feeAmount: toText(feeAmount), feeUsd } },
    {
      effect: 'grow',
      fill: {
        ...fill,
        quantity: toText(beyond),
        feeAmount: rest(fill.feeAmount, toText(feeAmount)),
        feeUsd: fill.feeUsd === null || feeUsd === null ? null : rest(fill.feeUsd, feeUsd),
      },
    },
  ];
}
