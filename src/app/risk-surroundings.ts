import { type Clock, ExchangeError, type Money, money, type TimeMs, toNumber } from '../domain/index.ts';
import type { BookCost, OrderIntent, OrderSide, Quote, RiskContext, SymbolMarket, TradingMode } from '../trading/index.ts';
import type { DecidingModel } from './serving-model.ts';

/** What surrounds an order besides the halt, which the gate asks for itself. */
export type Surroundings = Omit<RiskContext, 'isHalted'>;

/** Where the surroundings of an order at an exchange are asked for, right before it is sent. */
export interface SurroundingsSource {
  readonly mode: TradingMode;
  readonly clock: Clock;
  readonly model: () => DecidingModel | undefined;
  /** The symbol as the exchange has it now. @throws ExchangeError */
  readonly market: () => Promise<SymbolMarket>;
  readonly quote: (atMs: TimeMs) => Promise<Quote | undefined>;
  readonly cost?: ((notionalUsd: Money, side: OrderSide) => Promise<BookCost | undefined>) | undefined;
}

/**
 * What the gate compares a purchase with. Data, drift and prediction are those of the last decision, as old as they are by
 * now; market, price, order book and model are asked for again before every order that goes to an exchange. A simulated
 * order is filled at the moment of its decision, and so keeps what that looked at.
 */
export class RiskSurroundings {
  readonly #source: SurroundingsSource | undefined;
  #noted: { readonly context: Surroundings; readonly atMs: TimeMs } | undefined;

  /** @param source absent: orders are simulated at the moment of their decision */
  constructor(source?: SurroundingsSource) {
    this.#source = source;
  }

  /** What the decision at `atMs` was made from. */
  note(context: Surroundings, atMs: TimeMs): void {
    this.#noted = { context, atMs };
  }

  /** What surrounds an order now. Without a decision the age of the data is not known, which denies a purchase. */
  async now(intent: OrderIntent): Promise<Surroundings> {
    const source = this.#source;
    const noted = intent.reason === 'adopted' ? BY_HAND : (this.#noted?.context ?? NOTHING_KNOWN);
    const reference = Number(intent.referencePriceUsd);
    if (source === undefined) return { ...noted, priceUsd: Number.isNaN(noted.priceUsd) ? reference : noted.priceUsd };
    const { mode, clock } = source;
    const nowMs = clock.nowMs();
    const quote = await source.quote(nowMs);
    const cost = await source.cost?.(money(intent.quantity).times(intent.limitPriceUsd ?? intent.referencePriceUsd), intent.side);
    const isLive = mode === 'live';
    return {
      ...noted,
      dataAgeMs: noted.dataAgeMs + (this.#noted && intent.reason !== 'adopted' ? nowMs - this.#noted.atMs : 0),
      ...(intent.reason !== 'adopted' && ofModel(source.model(), nowMs)),
      ...(await marketNow(source)),
      // Real money is not spent at a price that nobody confirms.
      priceUsd: quote ? toNumber(quote.priceUsd) : isLive ? Number.NaN : reference,
      needsBook: isLive,
      spreadBps: cost?.spreadBps,
      slippageBps: cost?.slippageBps,
    };
  }
}

/** Rules about data and prediction say nothing of an order that no decision of the system made. */
const BY_HAND: Surroundings = { dataAgeMs: 0, hasSkill: true, priceUsd: Number.NaN };
const NOTHING_KNOWN: Surroundings = { dataAgeMs: Number.NaN, priceUsd: Number.NaN };

const ofModel = (model: DecidingModel | undefined, nowMs: TimeMs): Partial<Surroundings> =>
  model === undefined ? {} : { hasSkill: model.hasSkill, modelAgeMs: nowMs - model.trainedUntilMs };

async function marketNow({ market }: SurroundingsSource): Promise<Pick<Surroundings, 'isExchangeUp' | 'marketStatus'>> {
  try {
    return { isExchangeUp: true, marketStatus: (await market()).status };
  } catch (error) {
    if (!(error instanceof ExchangeError)) throw error;
    return error.code === 'exchange.symbol_not_trading'
      ? { isExchangeUp: true, marketStatus: 'delisted' }
      : { isExchangeUp: false };
  }
}
