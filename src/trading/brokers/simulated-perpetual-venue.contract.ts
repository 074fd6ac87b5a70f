import { type ManualClock, type Money, money, ZERO } from '../../domain/index.ts';
import type { Broker, FundingPayment, VenuePosition } from '../broker.ts';
import type { OrderIntent } from '../order.ts';
import { BINANCE_ETHUSDT_PERPETUAL_FILTERS } from '../symbol-filters.ts';
import { SimulatedVenue } from './simulated-venue.contract.ts';

/** Of the position's notional, in the lowest bracket of ETHUSDT. */
const MAINTENANCE = money('0.004');
const ENTRY_DECIMALS = 20;

/**
 * The simulated exchange with perpetuals: a wallet, one signed position on average cost with isolated margin, funding. It
 * keeps them in its own way, as a wallet and realised profit, so that an equal journal says something; `balances` are the
 * same as Ether on borrowed cash.
 */
export class SimulatedPerpetualVenue extends SimulatedVenue {
  override filters = BINANCE_ETHUSDT_PERPETUAL_FILTERS;
  leverage = 1;
  walletUsd: Money;
  quantity: Money = ZERO;
  entryPriceUsd: Money = ZERO;
  readonly funding: FundingPayment[] = [];

  constructor(clock: ManualClock, capitalUsd: string) {
    super(clock, capitalUsd);
    this.walletUsd = money(capitalUsd);
  }

  override connect(): Broker {
    const { orderLists: _none, ...broker } = super.connect();
    return {
      ...broker,
      capabilities: { ...broker.capabilities, placesOco: false },
      perpetual: {
        prepare: async (_symbol, leverage) => {
          this.leverage = leverage;
        },
        position: async () => this.position(),
        walletUsd: async () => this.walletUsd,
        funding: async (_symbol, fromMs) => this.funding.filter(({ paidAtMs }) => paidAtMs >= fromMs),
      },
    };
  }

  /** Isolated margin of the open position. */
  get marginUsd(): Money {
    return this.quantity.abs().times(this.entryPriceUsd).div(this.leverage);
  }

  position(): VenuePosition {
    const { quantity, entryPriceUsd, marginUsd } = this;
    const markPriceUsd = money(this.priceUsd);
    if (quantity.eq(0)) return { quantityEth: ZERO, entryPriceUsd: ZERO, markPriceUsd, liquidationPriceUsd: null };
    const side = quantity.gt(0) ? 1 : -1;
    const size = quantity.abs();
    const liquidation = marginUsd.minus(size.times(entryPriceUsd).times(side)).div(size.times(MAINTENANCE.minus(side)));
    return { quantityEth: quantity, entryPriceUsd, markPriceUsd, liquidationPriceUsd: liquidation.gt(0) ? liquidation : null };
  }

  /** A settlement: a long position pays `rate` of its notional, a short one receives it. */
  settleFunding(rate: string): void {
    if (this.quantity.eq(0)) return;
    const amount = this.quantity.times(this.priceUsd).times(rate).times(-1).round(8);
    this.walletUsd = this.walletUsd.plus(amount);
    this.balances.set('USDT', (this.balances.get('USDT') ?? ZERO).plus(amount));
    const fundingId = String(9_000 + this.funding.length);
    this.funding.push({ fundingId, asset: 'USDT', amount: amount.toFixed(), paidAtMs: this.clock.nowMs() });
  }

  protected override hasMeansFor(intent: OrderIntent): boolean {
    const change = money(intent.quantity).times(intent.side === 'buy' ? 1 : -1);
    const after = this.quantity.plus(change);
    const reduces = after.abs().lte(this.quantity.abs()) && after.times(this.quantity).gte(0);
    if (intent.reduceOnly === true && !reduces) return false;
    if (reduces) return true;
    const profit = this.quantity.times(money(this.priceUsd).minus(this.entryPriceUsd));
    const fee = money(intent.quantity).times(this.priceUsd).times('0.001');
    return after.abs().times(this.priceUsd).div(this.leverage).lte(this.walletUsd.plus(profit).minus(fee));
  }

  protected override book(quantity: Money, notionalUsd: Money, fee: { readonly asset: string; readonly amount: Money }): void {
    super.book(quantity, notionalUsd, fee);
    const price = notionalUsd.div(quantity);
    const closed = this.quantity.times(quantity).lt(0) ? minAbs(this.quantity, quantity) : ZERO;
    const profit = closed.times(price.minus(this.entryPriceUsd)).times(this.quantity.gt(0) ? 1 : -1);
    const after = this.quantity.plus(quantity);
    if (closed.eq(0)) {
      const cost = this.quantity.times(this.entryPriceUsd).plus(notionalUsd);
      this.entryPriceUsd = cost.div(after).round(ENTRY_DECIMALS);
    } else if (after.times(this.quantity).lte(0)) this.entryPriceUsd = after.eq(0) ? ZERO : price;
    this.quantity = after;
    this.walletUsd = this.walletUsd.plus(profit).minus(fee.asset === 'USDT' ? fee.amount : ZERO);
  }
}

const minAbs = (a: Money, b: Money): Money => (a.abs().lt(b.abs()) ? a.abs() : b.abs());
