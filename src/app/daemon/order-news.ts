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

/**
 * What became of orders and was not told yet, whoever found it: the comparison with the exchange, a look at the pair that
 * rests there, an earlier process. What orders had come to when the daemon began counts as told.
 */
export class OrderNews {
  readonly #ledger: Pick<Ledger, 'orders'>;
  /** By client order id. */
  readonly #told = new Map<string, string>();

  constructor(ledger: Pick<Ledger, 'orders'>) {
    this.#ledger = ledger;
    this.told([...ledger.orders.values()].map(outcomeOf));
  }

  told(orders: readonly OrderOutcome[]): void {
    for (const order of orders) this.#told.set(order.clientOrderId, what(order));
  }

  /** Orders that came to something else since they were told of: filled further, or settled. */
  since(): OrderOutcome[] {
    return [...this.#ledger.orders.values()].filter((order) => this.#isNews(order)).map(outcomeOf);
  }

  #isNews(order: Order): boolean {
    const before = this.#told.get(order.intent.clientOrderId);
    const isFilled = order.filledQuantity.gt(0);
    // A pair is placed, taken back and placed anew with every change of the position: of it only fills are news.
    if (before === undefined && isPaired(order) && !isFilled) return false;
    if (!SETTLED.has(order.state) && !isFilled) return false;
    const now = what(outcomeOf(order));
    return before !== now && (isFilled || !isPaired(order));
  }
}

const isPaired = ({ intent: { leg } }: Order): boolean => leg === 'stop_on_exchange' || leg === 'target_on_exchange';

const what = ({ state, filledQuantity }: OrderOutcome): string => `${state} ${filledQuantity}`;
