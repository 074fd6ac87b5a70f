import { divideDown, type Money, maxMoney, minMoney, money, ZERO } from '../domain/index.ts';
import type { Ledger } from './ledger.ts';
import type { OrderSide } from './order.ts';
import { freeToClose, freeToSpend } from './reserved.ts';
import type { FuturesLimits, RiskLimits } from './risk/risk-limits.ts';
import { mostToOpen } from './sizing/size-perpetual.ts';

/** What a purchase may come to, and what it costs on top. */
export interface PurchaseCaps {
  readonly limits: Pick<RiskLimits, 'maxExposure' | 'maxOrderUsd' | 'maxPositionUsd' | 'futures'>;
  readonly feeBps: number;
  /** Of an order at the market. */
  readonly slippageBps: number;
}

const ONE = money(1);
const BPS = money('0.0001');
const DECIMALS = 20;

/**
 * The most that an order may come to now that buys on spot, or makes a position in a perpetual larger or turns it.
 * @param priceUsd the price now
 * @param limitPriceUsd what the order is limited to; undefined for an order at the market
 */
export function mostToTrade(
  ledger: Ledger,
  side: OrderSide,
  caps: PurchaseCaps,
  priceUsd: Money,
  limitPriceUsd: Money | undefined,
): Money {
  const { futures } = caps.limits;
  if (futures === undefined) return mostToBuy(ledger, caps, priceUsd, limitPriceUsd);
  const held = ledger.position.quantityEth.times(side === 'buy' ? 1 : -1);
  const closed = held.lt(0) ? freeToClose(ledger) : ZERO;
  if (side === 'sell' && !futures.allowShort) return closed;
  return closed.plus(mostToAdd(ledger, side, { ...caps, futures }, priceUsd, limitPriceUsd));
}

/** What may be opened, besides closing what is held the other way. */
function mostToAdd(
  ledger: Ledger,
  side: OrderSide,
  { limits, feeBps, slippageBps, futures }: PurchaseCaps & { readonly futures: FuturesLimits },
  priceUsd: Money,
  limitPriceUsd: Money | undefined,
): Money {
  const held = maxMoney(ledger.position.quantityEth.times(side === 'buy' ? 1 : -1), ZERO).times(priceUsd);
  const byMargin = mostToOpen(
    {
      cashUsd: ledger.cashUsd,
      otherFeesUsd: ledger.otherFeesUsd,
      walletUsd: ledger.walletUsd,
      positionEth: ledger.position.quantityEth,
      priceUsd,
      ...(side === 'buy' ? { buyLimitUsd: limitPriceUsd } : { sellLimitUsd: limitPriceUsd }),
      leverage: futures.leverage,
      feeBps,
      slippageBps,
    },
    side,
  );
  const most = [ledger.equityUsd(priceUsd).times(limits.maxExposure).minus(held)];
  if (limits.maxOrderUsd !== null) most.push(money(limits.maxOrderUsd));
  if (limits.maxPositionUsd !== null) most.push(money(limits.maxPositionUsd).minus(held));
  const notional = most.reduce((least, one) => minMoney(least, one));
  return notional.gt(0) ? minMoney(byMargin, divideDown(notional, limitPriceUsd ?? priceUsd, DECIMALS)) : ZERO;
}

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
