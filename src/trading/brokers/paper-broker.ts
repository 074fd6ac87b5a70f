import { type Money, maxMoney, money, type TimeMs, toText, ZERO } from '../../domain/index.ts';
import type {
  AccountFill,
  AssetBalance,
  Broker,
  BrokerCapabilities,
  CancelResult,
  LookupResult,
  OrderReference,
  OrderReport,
  SubmitResult,
} from '../broker.ts';
import type { Ledger } from '../ledger.ts';
import type { Fill, OrderIntent } from '../order.ts';
import { brokenFilter, type SymbolFilters, type SymbolMarket, withoutSmallest } from '../symbol-filters.ts';

/** A price at which one could trade, and when. */
export interface Quote {
  /** Between the best bid and ask, where both were told. */
  readonly spreadBps?: number;
  readonly priceUsd: Money;
  readonly atMs: TimeMs;
}

/** Where simulated orders find their price: the first executable one after the order was planned. */
export interface QuoteSource {
  /** Nothing where there is no price any more. */
  quote(intent: OrderIntent): Quote | undefined | Promise<Quote | undefined>;
}

export interface PaperBrokerOptions {
  readonly feeBps: number;
  /** Added to the price of a purchase, taken off that of a sale. */
  readonly slippageBps: number;
  readonly filters: SymbolFilters;
  readonly quotes: QuoteSource;
  /** Orders are for a perpetual: shorts within the margin that the leverage leaves. Absent: spot. */
  readonly perpetual?: { readonly leverage: number } | undefined;
}

const CAPABILITIES: BrokerCapabilities = {
  orderTypes: ['market'],
  setsClientOrderId: true,
  looksUpByClientOrderId: true,
  clientOrderIdLength: 36,
  placesStops: false,
  placesOco: false,
  hasTestnet: false,
  hasPrivateStream: false,
  acceptanceWindowMs: 0,
};

const BPS = money('0.0001');
const ONE = money(1);
/** Simulated prices with slippage keep this many decimals where the venue has no tick. */
const PRICE_DECIMALS = 8;

/**
 * A simulated exchange: a market order fills at once and whole at the quote, worse by the slippage, with the fee in the
 * quote currency on top of the notional. Its account is that of the journal it is connected with, so after a restart it
 * knows what the journal knows; an order that was never answered never happened.
 */
export class PaperBroker implements Broker {
  readonly venue = 'paper';
  readonly capabilities = CAPABILITIES;
  readonly #options: PaperBrokerOptions;
  readonly #account: Ledger;
  readonly #reports = new Map<string, OrderReport>();
  readonly #feeRate: Money;
  readonly #buyFactor: Money;
  readonly #sellFactor: Money;
  #lastTimeMs: TimeMs = 0;

  /** @param account the ledger of the engine that this broker serves; only read */
  constructor(options: PaperBrokerOptions, account: Ledger) {
    this.#options = options;
    this.#account = account;
    this.#feeRate = BPS.times(options.feeBps);
    this.#buyFactor = ONE.plus(BPS.times(options.slippageBps));
    this.#sellFactor = ONE.minus(BPS.times(options.slippageBps));
  }

  async market(): Promise<SymbolMarket> {
    return { filters: this.#options.filters, status: 'trading' };
  }

  async submit(intent: OrderIntent): Promise<SubmitResult> {
    const quote = await this.#options.quotes.quote(intent);
    if (quote === undefined) return { outcome: 'rejected', message: 'there is no price to fill at' };
    this.#lastTimeMs = Math.max(this.#lastTimeMs, quote.atMs);
    const quantity = money(intent.quantity);
    const { filters } = this.#options;
    const rules = intent.reduceOnly === true ? withoutSmallest(filters) : filters;
    const broken = brokenFilter({ side: intent.side, quantity }, quote.priceUsd, rules);
    if (broken !== undefined)
      return {
        outcome: 'rejected',
        message: `filter ${broken.rule}: ${broken.value} against ${broken.limit}`,
        brokeFilter: true,
      };
    if (this.#reports.has(intent.clientOrderId)) return { outcome: 'rejected', message: 'duplicate client order id' };
    const priceUsd = this.#fillPrice(intent, quote.priceUsd);
    const notional = quantity.times(priceUsd);
    const fee = notional.times(this.#feeRate);
    const { quoteAsset } = this.#account;
    const why = this.#whyNotTake(intent, quantity, priceUsd, fee);
    if (why !== undefined) return { outcome: 'rejected', message: why };
    const feeText = toText(fee);
    const fill: Fill = {
      tradeId: `${intent.clientOrderId}-1`,
      clientOrderId: intent.clientOrderId,
      side: intent.side,
      quantity: intent.quantity,
      priceUsd: toText(priceUsd),
      feeAmount: feeText,
      feeAsset: quoteAsset,
      feeUsd: feeText,
      executedAtMs: quote.atMs,
    };
    const report: OrderReport = {
      clientOrderId: intent.clientOrderId,
      venueOrderId: `paper-${intent.clientOrderId}`,
      state: 'FILLED',
      side: intent.side,
      quantity,
      limitPriceUsd: intent.type === 'limit' ? (intent.limitPriceUsd ?? null) : null,
      executedQuantity: quantity,
      fills: [fill],
      atMs: quote.atMs,
    };
    this.#reports.set(intent.clientOrderId, report);
    return { outcome: 'accepted', report };
  }

  #whyNotTake(intent: OrderIntent, quantity: Money, priceUsd: Money, fee: Money): string | undefined {
    const account = this.#account;
    const { perpetual } = this.#options;
    if (perpetual === undefined) {
      const missing =
        intent.side === 'buy'
          ? quantity.times(priceUsd).plus(fee).gt(account.balance(account.quoteAsset))
          : quantity.gt(account.balance(account.baseAsset));
      return missing ? 'insufficient balance' : undefined;
    }
    const held = account.balance(account.baseAsset);
    const after = held.plus(quantity.times(intent.side === 'buy' ? 1 : -1));
    const reduces = after.abs().lt(held.abs()) && after.times(held).gte(0);
    if (reduces) return undefined;
    if (intent.reduceOnly === true) return 'the order would not only make the position smaller';
    const margin = after.abs().times(priceUsd).div(perpetual.leverage);
    return margin.gt(account.equityUsd(priceUsd).minus(fee)) ? 'insufficient margin' : undefined;
  }

  async lookup(reference: OrderReference): Promise<LookupResult> {
    const report = this.#reports.get(reference.clientOrderId);
    if (report !== undefined) return { outcome: 'found', report };
    return { outcome: 'not_found', venueTimeMs: Number.MAX_SAFE_INTEGER };
  }

  async cancel(reference: OrderReference): Promise<CancelResult> {
    const report = this.#reports.get(reference.clientOrderId);
    if (report !== undefined) return { outcome: 'done', report };
    return { outcome: 'not_cancelled', message: 'there is no such open order' };
  }

  async openOrders(): Promise<readonly OrderReport[]> {
    return [];
  }

  async recentFills(_symbol: string, sinceMs: TimeMs): Promise<readonly AccountFill[]> {
    return [...this.#reports.values()].flatMap(({ venueOrderId, fills }) =>
      fills.filter(({ executedAtMs }) => executedAtMs >= sinceMs).map((fill) => ({ ...fill, venueOrderId })),
    );
  }

  async clientOrderIdOf(_symbol: string, venueOrderId: string): Promise<string | undefined> {
    return [...this.#reports.values()].find((report) => report.venueOrderId === venueOrderId)?.clientOrderId;
  }

  async balances(): Promise<ReadonlyMap<string, AssetBalance>> {
    return new Map(
      [...this.#account.balances].map(([asset, amount]) => [
        asset,
        { free: this.#options.perpetual ? amount : maxMoney(amount, ZERO), locked: ZERO },
      ]),
    );
  }

  async close(): Promise<void> {}

  #fillPrice(intent: OrderIntent, quoted: Money): Money {
    if (this.#options.slippageBps === 0) return quoted;
    return quoted.times(intent.side === 'buy' ? this.#buyFactor : this.#sellFactor).round(PRICE_DECIMALS);
  }
}
