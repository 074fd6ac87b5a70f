import type { TimeMs } from '../../domain/index.ts';
import { type Ledger, type Order, type OrderOutcome, type OrderState, outcomeOf } from '../../trading/index.ts';

/** States that an order is left in; in the others its outcome is still asked for. */
const SETTLED: ReadonlySet<OrderState> = new Set([
  'FILLED',
  'CANCELLED',
  'REJECTED',
  'EXPIRED',
  'UNKNOWN',
  'NOT_SENT',
  'NOT_FOUND',
]);

/** Ends of an order that did not do what it was meant to. */
const BAD_ENDS: ReadonlySet<OrderState> = new Set(['REJECTED', 'NOT_SENT', 'NOT_FOUND']);

/**
 * What became of orders and was not told yet, whoever found it: the comparison with the exchange, a look at the pair that
 * rests there, an earlier process. What orders had come to when the daemon began counts as told, but for bad ends of late:
 * the process before may have been killed before it told anybody.
 */
export class OrderNews {
  readonly #ledger: Pick<Ledger, 'orders'>;
  /** By client order id. */
  readonly #told = new Map<string, string>();

  /** @param lateMs bad ends since then are told again; the outbox knows which were told */
  constructor(ledger: Pick<Ledger, 'orders'>, lateMs: TimeMs) {
    this.#ledger = ledger;
    const orders = [...ledger.orders.values()];
    this.told(orders.filter(({ state, updatedAtMs }) => !BAD_ENDS.has(state) || updatedAtMs <= lateMs).map(outcomeOf));
  }

  told(orders: readonly OrderOutcome[]): void {
    for (const order of orders) this.#told.set(order.clientOrderId, what(order));
  }

  /** Orders that came to something else since they were told of: filled further, or settled. */
  since(): OrderOutcome[] {
    return [...this.#ledger.orders.values()].filter((order) => this.#isNews(order)).map(outcomeOf);
  }

  #isNews(order: Order): boolean {
    // A pair is placed, taken back and placed anew with every change of the position: that is no news.
    const isNews = order.filledQuantity.gt(0) || BAD_ENDS.has(order.state) || (!isPaired(order) && SETTLED.has(order.state));
    return isNews && this.#told.get(order.intent.clientOrderId) !== what(outcomeOf(order));
  }
}

const isPaired = ({ intent: { leg } }: Order): boolean => leg === 'stop_on_exchange' || leg === 'target_on_exchange';

const what = ({ state, filledQuantity }: OrderOutcome): string => `${state} ${filledQuantity}`;
