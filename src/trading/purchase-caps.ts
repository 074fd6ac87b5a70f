import { divideDown, type Money, minMoney, money, ZERO } from '../domain/index.ts';
import type { Ledger } from './ledger.ts';
import { freeToSpend } from './reserved.ts';
import type { RiskLimits } from './risk/risk-limits.ts';

/** What a purchase may come to, and what it costs on top. */
export interface PurchaseCaps {
  readonly limits: Pick<RiskLimits, 'maxExposure' | 'maxOrderUsd' | 'maxPositionUsd'>;
  readonly feeBps: number;
  /** Of an order at the market. */
  readonly slippageBps: number;
}

const ONE = money(1);
const BPS = money('0.0001');
const DECIMALS = 20;

/**
 * The most that may be bought now, in the base asset: by cash with fee and slippage, and by the limits of an order, of the
 * position and of exposure. Where the price rose since an order was sized, this makes its next attempt smaller.
 * @param priceUsd the price now
 * @param limitPriceUsd what the purchase is limited to; undefined for an order at the market
 */
export function mostToBuy(ledger: Ledger, caps: PurchaseCaps, priceUsd: Money, limitPriceUsd: Money | undefined): Money {
  const { limits, feeBps, slippageBps } = caps;
  const price = limitPriceUsd ?? priceUsd;
  const fill = limitPriceUsd === undefined ? price.times(ONE.plus(BPS.times(slippageBps))) : price;
  const held = ledger.balance(ledger.baseAsset).times(priceUsd);
  const most = [
    freeToSpend(ledger, feeBps)
      .div(fill.times(ONE.plus(BPS.times(feeBps))))
      .times(price),
  ];
  if (limits.maxOrderUsd !== null) most.push(money(limits.maxOrderUsd));
  if (limits.maxPositionUsd !== null) most.push(money(limits.maxPositionUsd).minus(held));
  if (limits.maxExposure < 1) most.push(ledger.equityUsd(priceUsd).times(limits.maxExposure).minus(held));
  const notional = most.reduce((least, one) => minMoney(least, one));
  return notional.gt(0) ? divideDown(notional, price, DECIMALS) : ZERO;
}
